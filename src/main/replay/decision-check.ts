import type { DirectAnswer } from '../../engine/cycle/direct.ts'
import type { Engine } from '../../engine/engine.ts'
import type { SlotState } from '../../engine/slot-state.ts'
import { slotOf } from '../../engine/state.ts'
import type { SlotDecision, SlotView } from '../../engine/views/view-types.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { isoUtc, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { type Evaluation, Runtime } from '../runtime/runtime.ts'
import { DirectStrategy } from '../strategy-host/direct-strategy.ts'
import { engineFrom, snapshotOf, stateIn } from '../tape/engine-snapshot.ts'
import { KIND } from '../tape/record-format.ts'
import { hashesOf, keyOf, type RecordedViews } from '../tape/recorder.ts'
import { damageText, loadSegment } from '../tape/segment-reader.ts'
import { type Recorded, recordedAt } from './recorded-events.ts'
import { TapeCursor } from './tape-cursor.ts'

/** What the replay of one recorded segment came to. */
export interface DecisionCheck {
  readonly path: string
  /** Events told to the engine again. */
  readonly events: number
  /** Decisions that were made again, the late and dropped ones included. */
  readonly decisions: number
  /** Decisions on the tape whose version's code is not: they were told to the engine, and could not be made again. */
  readonly unchecked: number
  /** Ways in which the replay was not what was recorded; empty = equal, byte for byte. */
  readonly differences: readonly string[]
  /** The engine at the end, as a snapshot. */
  readonly end: Uint8Array
}

/** The place in the sources that a recorded error begins with; the bundle alone does not know it. */
const PLACE = /^.+?:\d+:\d+ /

/** Enough to find the cause by; a replay that went astray differs in everything that follows. */
const MOST_DIFFERENCES = 20

/** Why a recording cannot be compared, and is none the worse for it: only the build that made it decides byte for byte alike. */
export interface OtherBuild {
  readonly otherBuild: string
}

/** Something that the tape must tell in its turn: which it is, when it came to be, and in which cycle. */
interface Due {
  readonly text: string
  readonly ts: UnixMs
  readonly cycle: number
}

/** What was seen, until the tape says what was seen. */
interface Seen extends Due {
  readonly hashes: Readonly<Record<string, string>>
}

/** An answer made again, waiting for the recorded one. */
interface Remade extends Due {
  readonly decisions: ReadonlyMap<SlotId, string>
  readonly faults: ReadonlyMap<SlotId, string>
}

/** An error of an answer made again, waiting for the recorded one. */
interface Thrown extends Due {
  readonly message: string
}

/**
 * I7: tells an engine everything that a recorded segment says, in its order, starting from its snapshot; asks the same
 * versions whenever the engine asks, and compares what they answer with what was recorded.
 * @param build name of this engine build; a recording of another cannot be compared
 * @returns an error where the segment cannot be replayed at all, in words or as the name of the build that could
 */
export function checkDecisions(path: string, build: string): Result<DecisionCheck, string | OtherBuild> {
  // Once: a desk may be writing it, and both walks over it must see the same.
  const segment = loadSegment(path)
  if (!segment.ok) return err(damageText(segment.error))
  const cursor = TapeCursor.over(segment.value)
  const { engineBuild, origin } = cursor.header
  if (origin !== 'desk') return err('it was imported: it holds no decisions')
  if (engineBuild !== build) return err({ otherBuild: engineBuild })
  const snapshot = cursor.firstSnapshot()
  if (!snapshot.ok) return snapshot
  if (snapshot.value === undefined) return err('it has no snapshot to start from')
  const engine = engineFrom(snapshot.value)
  if (!engine.ok) return engine
  const check = new SegmentCheck(engine.value, answersIn(TapeCursor.over(segment.value)))
  for (;;) {
    if (!cursor.next()) {
      check.finish(segment.value.report.sealed)
      break
    }
    const record = recordedAt(cursor)
    if (!record.ok) return err(`at ${isoUtc(cursor.reader.ts)}: ${record.error}`)
    if (!check.take(record.value)) break
  }
  return ok(check.result(path))
}

/** What was answered at all: a version that never answered, because it spins, must not be asked again. */
function answersIn(cursor: TapeCursor): ReadonlySet<string> {
  const answers = new Set<string>()
  while (cursor.next()) {
    if (cursor.reader.kind !== KIND.json) continue
    const record = recordedAt(cursor)
    if (record.ok && record.value.kind === 'decisions') answers.add(keyOf(record.value))
  }
  return answers
}

/** Whether one segment ended as the next one begins; null when it did. */
export function seamDifference(end: Uint8Array, next: string): string | null {
  const opened = TapeCursor.open([next])
  const snapshot = opened.ok ? opened.value.firstSnapshot() : opened
  if (!snapshot.ok) return snapshot.error
  if (snapshot.value === undefined) return null
  const where = differenceOf(stateIn(end), stateIn(snapshot.value), '', new Set())
  return where === null ? null : `the engine at its end is not the one that the next segment begins with: ${where}`
}

/**
 * What is kept ready of a view or a label: brought up to date whenever somebody looks, a window or a candidate's dry run
 * too, which are not told to the engine. All of it follows from the rest.
 */
const KEPT_READY = new Set(['row', 'changed', 'edition', 'heldId', 'orderViews', 'label', 'labelled'])

/** Where two trees of plain data first differ, as a path; every NaN is the same, whatever its bits. */
function differenceOf(a: unknown, b: unknown, path: string, seen: Set<unknown>): string | null {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null)
    return Object.is(a, b) ? null : `${path} is ${String(a)}, not ${String(b)}`
  if (seen.has(a)) return null
  seen.add(a)
  const [mine, theirs] = [partsOf(a), partsOf(b)]
  if (mine.length !== theirs.length) return `${path} has ${mine.length} parts, not ${theirs.length}`
  for (const [i, [key, value]] of mine.entries()) {
    const [otherKey, other] = theirs[i] ?? []
    if (key !== otherKey) return `${path} has ${String(key)} where there is ${String(otherKey)}`
    const found = differenceOf(value, other, `${path}.${String(key)}`, seen)
    if (found !== null) return found
  }
  return null
}

function partsOf(of: object): readonly (readonly [unknown, unknown])[] {
  if (of instanceof Map) return [...of]
  if (of instanceof Set) return [...of].map((one) => [one, true])
  return Object.entries(of).filter(([key]) => !KEPT_READY.has(key))
}

/** A version that manages a slot aside has a state of its own there: it is asked with that one. */
export function withStateOf<T>({ state, revision }: SlotView, slot: SlotState, decide: (slot: SlotState) => T): T {
  const own = { stateJson: slot.stateJson, revision: slot.revision }
  if (own.stateJson === state && own.revision === revision) return decide(slot)
  Object.assign(slot, { stateJson: state, revision, edition: slot.edition + 1 })
  const answer = decide(slot)
  Object.assign(slot, { ...own, edition: slot.edition + 1 })
  return answer
}

class SegmentCheck {
  private readonly engine: Engine
  private readonly strategies = new Map<string, ReturnType<DirectStrategy['answersFor']>>()
  /** By batch. */
  private readonly waiting = new Map<string, Remade>()
  /** By batch. */
  private readonly seen = new Map<string, Seen>()
  private readonly differences: string[] = []
  /** By `version slot`. */
  private readonly faults = new Map<string, Thrown>()
  private readonly runtime: Runtime
  /** Moment of the event that the engine is told. */
  private at = unixMs(0)
  private events = 0
  private cycles = 0
  private decisions = 0
  private unchecked = 0
  private readonly answered: ReadonlySet<string>

  constructor(engine: Engine, answered: ReadonlySet<string>) {
    this.engine = engine
    this.answered = answered
    // What the venue and the journal did is on the tape as well: only the versions are asked again.
    const nothing = () => {}
    const evaluate = (evaluation: Evaluation) => this.remake(evaluation, this.at)
    this.runtime = new Runtime(
      engine,
      { record: nothing, place: nothing, cancel: nothing, redeem: nothing, evaluate },
      null,
    )
  }

  /** False once there is no use in going on. */
  take(record: Recorded): boolean {
    if (record.kind === 'version') {
      const loaded = DirectStrategy.load(record.bundle, record.label)
      if (loaded.ok) this.strategies.set(record.version, loaded.value.answersFor(this.engine))
      else this.differ(record, `${record.label} does not load: ${loaded.error.message}`)
      return true
    }
    if (record.kind === 'views') {
      this.compareViews(record)
      return this.differences.length < MOST_DIFFERENCES
    }
    if (record.kind === 'decisions') this.compare(record)
    if (record.kind === 'fault' && record.slot !== null && !record.fatal) this.compareFault(record, record.slot)
    if (record.kind === 'cycle') this.cycles++
    this.events++
    this.at = record.ts
    try {
      this.runtime.dispatch(record)
    } catch (error) {
      this.differ(record, `the engine refused it: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
    return this.differences.length < MOST_DIFFERENCES
  }

  /** Answers at once, from the very views; the recorded answer may come much later. */
  private remake(evaluation: Evaluation, ts: UnixMs): void {
    const { version, views } = evaluation
    const key = keyOf(evaluation)
    const { cycles: cycle } = this
    this.seen.set(key, { text: 'the views that it sent', ts, cycle, hashes: hashesOf(views) })
    const decide = this.strategies.get(version)
    if (decide === undefined || !this.answered.has(key)) return
    const decisions = new Map<SlotId, string>()
    const faults = new Map<SlotId, string>()
    for (const view of views) {
      const { slot } = view
      const answer = withStateOf(view, slotOf(this.engine.state, slot), decide)
      if (answer.fault === null) decisions.set(slot, textOf(slot, answer))
      else faults.set(slot, answer.fault)
    }
    this.waiting.set(key, { text: 'the answer to what it asked', ts, cycle, decisions, faults })
  }

  private compareViews(record: RecordedViews): void {
    const key = keyOf(record)
    const seen = this.seen.get(key)
    this.seen.delete(key)
    if (seen === undefined) return this.differ(record, 'views were sent that the engine does not send')
    for (const [slot, hash] of Object.entries(record.hashes))
      if (seen.hashes[slot] !== hash) this.differ(record, `${slot} saw another view`)
    for (const slot of Object.keys(seen.hashes))
      if (record.hashes[slot] === undefined) this.differ(record, `${slot} saw a view that the tape does not name`)
  }

  private compare(record: Extract<Recorded, { kind: 'decisions' }>): void {
    const key = keyOf(record)
    const remade = this.waiting.get(key)
    this.waiting.delete(key)
    if (remade === undefined) {
      this.unchecked += record.decisions.length
      if (this.strategies.has(record.version)) this.differ(record, 'it answers what the engine did not ask')
      return
    }
    this.decisions += record.decisions.length
    const slots = new Set(record.decisions.map((decision) => decision.slot))
    for (const decision of record.decisions) {
      const again = remade.decisions.get(decision.slot)
      const was = textOf(decision.slot, decision)
      if (again !== was) {
        const instead = again ?? `a fault: ${remade.faults.get(decision.slot) ?? 'it was not asked'}`
        this.differ(record, `${decision.slot} decided ${was}, and now ${instead}`)
      }
    }
    if (slots.size < record.decisions.length) this.differ(record, 'it decides twice for one slot')
    for (const slot of remade.decisions.keys())
      if (!slots.has(slot)) this.differ(record, `${slot} decides now, and did not`)
    for (const [slot, message] of remade.faults) {
      const thrower = `${record.version} ${slot}`
      // What it threw the time before should have been told by now.
      this.missing(this.faults.get(thrower))
      this.faults.set(thrower, { text: `that ${slot} threw "${message}"`, ts: record.ts, cycle: this.cycles, message })
    }
  }

  /**
   * The tape is at its end: what it has not told by now it leaves out.
   * @param sealed a tape without its end was cut, perhaps in a cycle, and does not owe the rest of its last one
   */
  finish(sealed: boolean): void {
    for (const due of [...this.seen.values(), ...this.waiting.values(), ...this.faults.values()])
      if (sealed || due.cycle < this.cycles) this.missing(due)
  }

  private missing(due: Due | undefined): void {
    if (due !== undefined) this.differences.push(`${isoUtc(due.ts)} the tape does not tell ${due.text}`)
  }

  private compareFault(record: Extract<Recorded, { kind: 'fault' }>, slot: SlotId): void {
    const key = `${record.version} ${slot}`
    const again = this.faults.get(key)
    this.faults.delete(key)
    if (!this.strategies.has(record.version)) return
    const { message } = record
    if (again === undefined) this.differ(record, `${slot} threw "${message}", and now does not`)
    else if (message !== again.message && message.replace(PLACE, '') !== again.message)
      this.differ(record, `${slot} threw "${message}", and now "${again.message}"`)
  }

  private differ(record: Recorded, what: string): void {
    const when = record.kind === 'version' ? '' : `${isoUtc(record.ts)} `
    this.differences.push(`${when}${what}`)
  }

  result(path: string): DecisionCheck {
    const { events, decisions, unchecked, differences } = this
    return { path, events, decisions, unchecked, differences, end: snapshotOf(this.engine) }
  }
}

function textOf(slot: SlotId, { intents, why, state }: Pick<DirectAnswer & SlotDecision, 'intents' | 'why' | 'state'>) {
  return JSON.stringify({ slot, intents, why, state })
}
