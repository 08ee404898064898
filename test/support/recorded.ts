import { join } from 'node:path'
import type { DirectAnswer } from '../../src/engine/cycle/direct.ts'
import type { Effect } from '../../src/engine/events.ts'
import { slotOf } from '../../src/engine/state.ts'
import type { SlotDecision } from '../../src/engine/views/view-types.ts'
import { chainFiles } from '../../src/main/cli/tape/decisions.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { checkDecisions } from '../../src/main/replay/decision-check.ts'
import type { Difference } from '../../src/main/replay/difference.ts'
import { type Recorded, recordedAt } from '../../src/main/replay/recorded-events.ts'
import { seamDifference } from '../../src/main/replay/seam-check.ts'
import { withStateOf } from '../../src/main/replay/segment-check.ts'
import { TapeCursor } from '../../src/main/replay/tape-cursor.ts'
import { DirectStrategy } from '../../src/main/strategy-host/direct-strategy.ts'
import { BLOCK } from '../../src/main/tape/block.ts'
import { EventWriter } from '../../src/main/tape/event-writer.ts'
import { listTapes } from '../../src/main/tape/library.ts'
import { TapeRecorder } from '../../src/main/tape/recorder.ts'
import { readSegment } from '../../src/main/tape/segment-reader.ts'
import { SegmentWriter } from '../../src/main/tape/segment-writer.ts'
import type { VersionHash } from '../../src/shared/domain/ids.ts'
import { asset, parseSlot, type Slot, type SlotId } from '../../src/shared/domain/slots.ts'
import { EngineBench } from './bench-engine.ts'
import { value } from './tape.ts'

export type Evaluation = Extract<Effect, { kind: 'evaluate' }>

/** A version's answer in transit to the engine. */
export interface Answer {
  readonly evaluation: Evaluation
  readonly decisions: readonly SlotDecision[]
  readonly faults: readonly { readonly slot: SlotId; readonly message: string }[]
}

const BUILD = 'test'

/** A bench with real bundles and a recorded engine, as on a desk. */
export class RecordedBench extends EngineBench {
  readonly tape: TapeRecorder
  private readonly bundles: readonly string[]
  private readonly loaded = new Map<string, { bundle: string; decide: ReturnType<DirectStrategy['answersFor']> }>()
  private swaps = 0

  constructor(folder: string, slots: readonly Slot[], seed: number, bundles: readonly string[], build = BUILD) {
    super(slots, seed, {}, 200_000)
    this.bundles = bundles
    this.tape = new TapeRecorder({
      folder,
      recording: `s${seed}`,
      header: {
        engineBuild: build,
        market: 'simulated',
        feed: 'simulated',
        settlement: 'simulated',
        notices: [],
        config: {},
      },
      caps: { keepHours: 1e6, maxBytes: 1e9 },
      rawBytes: null,
      engine: this.engine,
      clock: systemClock,
      versionOf: (_, hash) => ({ label: 'alpha', bundle: this.loaded.get(hash)?.bundle ?? '' }),
    })
    this.tape.failed.on((message) => {
      throw new Error(message)
    })
    this.recordTo(this.tape)
  }

  /** Deploys the next bundle. */
  deploy(): void {
    if (this.engine.state.canaries.has('alpha')) return
    const { strategy, json } = this.load()
    this.swap('alpha', strategy.manifest, json)
  }

  /** Starts the next bundle as a canary, in some of the slots and with half of the stake. */
  tryOut(): void {
    if (this.engine.state.canaries.has('alpha')) return
    this.canary('alpha', ['BTC-5m', 'BTC-15m'], 500_000, this.load().json)
  }

  private load(): { readonly strategy: DirectStrategy; readonly json: string | undefined } {
    const bundle = this.bundles[this.swaps++ % this.bundles.length] ?? ''
    const strategy = value(DirectStrategy.load(bundle, 'alpha'))
    const hash = `${this.swaps}`.padStart(64, '0') as VersionHash
    this.loaded.set(hash, { bundle, decide: strategy.answersFor(this.engine) })
    const [first] = value(strategy.firstStates(this.engine.state.config.slots.map((slot) => slot.id)))
    return { strategy, json: first?.json }
  }

  /** Runs one cycle; the answers are returned, not delivered. */
  ask(): Answer[] {
    return this.cycle(() => ({ intents: [], why: '', state: null }), false).map((evaluation) => {
      const decisions: SlotDecision[] = []
      const faults: { slot: SlotId; message: string }[] = []
      const decide = this.loaded.get(evaluation.version)?.decide
      if (decide === undefined) throw new Error('a version without code was asked')
      for (const view of evaluation.views) {
        const { slot } = view
        const answer = withStateOf(view, slotOf(this.engine.state, slot), decide)
        if (answer.fault === null) decisions.push(decisionOf(slot, answer))
        else faults.push({ slot, message: answer.fault })
      }
      return { evaluation, decisions, faults }
    })
  }

  /** Delivers an answer now, however late. */
  tell({ evaluation: { version, epoch, cycle }, decisions, faults }: Answer): void {
    const ts = this.now
    this.deliver({ kind: 'decisions', ts, version, epoch, cycle, decisions, clean: faults.length === 0 })
    for (const { slot, message } of faults)
      this.deliver({ kind: 'fault', ts, version, slot, fatal: false, message: `alpha.ts:1:1 ${message}` })
  }
}

function decisionOf(slot: SlotId, { intents, why, state }: DirectAnswer): SlotDecision {
  return { slot, intents, why, state }
}

/** Checks I7 over every segment of a folder's recordings and across their boundaries. */
export function checkAll(folder: string, build = BUILD) {
  const total = { segments: 0, seams: 0, events: 0, decisions: 0, unchecked: 0, differences: [] as Difference[] }
  for (const [path, { next }] of chainFiles(listTapes(folder), 0, Number.POSITIVE_INFINITY)) {
    const checked = value(checkDecisions(path, build))
    const seam = next === null ? null : seamDifference(checked.end, next)
    total.segments++
    total.seams += next === null ? 0 : 1
    total.events += checked.events
    total.decisions += checked.decisions
    total.unchecked += checked.unchecked
    total.differences.push(...checked.differences, ...(seam === null ? [] : [seam]))
  }
  return total
}

export type Edit = (record: Recorded, index: number) => Recorded | readonly Recorded[] | null

/**
 * Rewrites a segment record by record.
 * @param edit returns the replacement of a record; null drops it
 * @param sealed false omits the end, as after a crash
 */
export function rewrite(path: string, out: string, edit: Edit, sealed = true): void {
  const segment = value(readSegment(path))
  const snapshot = segment.blocks.findIndex((block) => block.type === BLOCK.snapshot)
  const writer = value(SegmentWriter.create(join(out), segment.header))
  value(writer.snapshot(value(segment.inflate(snapshot)), { seq: segment.firstSeq, ts: segment.firstTs ?? 0 }))
  const { assets, slots } = segment.header
  const events = new EventWriter(
    assets.map(asset),
    slots.flatMap((name) => parseSlot(name) ?? []),
  )
  const cursor = value(TapeCursor.open([path]))
  for (let i = 0; cursor.next(); i++) {
    for (const record of [edit(value(recordedAt(cursor)), i) ?? []].flat()) {
      if (record.kind === 'version' || record.kind === 'views') events.records.json(cursor.reader.ts, record)
      else events.event(record)
    }
  }
  value(writer.records(events.records.take(), segment.firstSeq))
  value(sealed ? writer.seal() : writer.close())
}
