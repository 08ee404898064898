import type { DirectAnswer } from '../../engine/cycle/direct.ts'
import type { Engine } from '../../engine/engine.ts'
import type { SlotState } from '../../engine/slot-state.ts'
import { slotOf } from '../../engine/state.ts'
import type { SlotDecision, SlotView } from '../../engine/views/view-types.ts'
import { messageOf } from '../../shared/domain/base.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { type Evaluation, Runtime } from '../runtime/runtime.ts'
import { DirectStrategy } from '../strategy-host/direct-strategy.ts'
import { snapshotOf } from '../tape/engine-snapshot.ts'
import type { RecordedViews } from '../tape/recorder.ts'
import { batchKey, hashesOf } from '../tape/view-hashes.ts'
import type { Difference, Missing, RecordDifference } from './difference.ts'
import type { Recorded } from './recorded-events.ts'

/** Result of checking one recorded segment. */
export interface DecisionCheck {
  readonly path: string
  /** Events delivered to the engine. */
  readonly events: number
  /** Decisions repeated, late and dropped ones included. */
  readonly decisions: number
  /** Decisions whose version's code is not on the tape: delivered to the engine, but not repeated. */
  readonly unchecked: number
  /** Differences from the recording; empty = equal byte for byte. */
  readonly differences: readonly Difference[]
  /** The engine at the end, as a snapshot. */
  readonly end: Uint8Array
}

/** Source position at the start of a recorded error; the bundle alone does not have it. */
const PLACE = /^.+?:\d+:\d+ /

/** Most differences kept: after the first one, everything that follows tends to differ. */
const MOST_DIFFERENCES = 20

/** Something the tape must contain later: what, since when, and in which cycle. */
interface Due {
  readonly missing: Missing
  readonly ts: UnixMs
  readonly cycle: number
}

/** Hashes of views, until the tape's own record of them. */
interface Seen extends Due {
  readonly hashes: Readonly<Record<string, string>>
}

/** A repeated answer that waits for the recorded one. */
interface Remade extends Due {
  readonly decisions: ReadonlyMap<SlotId, string>
  readonly faults: ReadonlyMap<SlotId, string>
}

/** A repeated error that waits for the recorded one. */
interface Thrown extends Due {
  readonly missing: Extract<Missing, { what: 'fault' }>
}

/** Evaluates a version with the state of its view: a draining version has its own copy of a slot's state. */
export function withStateOf<T>({ state, revision }: SlotView, slot: SlotState, decide: (slot: SlotState) => T): T {
  const own = { stateJson: slot.stateJson, revision: slot.revision }
  if (own.stateJson === state && own.revision === revision) return decide(slot)
  Object.assign(slot, { stateJson: state, revision, edition: slot.edition + 1 })
  const answer = decide(slot)
  Object.assign(slot, { ...own, edition: slot.edition + 1 })
  return answer
}

/** Delivers a recorded segment to one engine, record by record, and compares repeated answers with the recorded ones. */
export class SegmentCheck {
  private readonly engine: Engine
  private readonly strategies = new Map<string, ReturnType<DirectStrategy['answersFor']>>()
  /** By batch. */
  private readonly waiting = new Map<string, Remade>()
  /** By batch. */
  private readonly seen = new Map<string, Seen>()
  private readonly differences: Difference[] = []
  /** By `version slot`. */
  private readonly faults = new Map<string, Thrown>()
  private readonly runtime: Runtime
  /** Time of the event being delivered. */
  private at = unixMs(0)
  private events = 0
  private cycles = 0
  private decisions = 0
  private unchecked = 0
  private readonly answered: ReadonlySet<string>

  constructor(engine: Engine, answered: ReadonlySet<string>) {
    this.engine = engine
    this.answered = answered
    // Effects on venue and journal are on the tape already: only evaluations are repeated.
    const nothing = () => {}
    const evaluate = (evaluation: Evaluation) => this.remake(evaluation, this.at)
    this.runtime = new Runtime(
      engine,
      { record: nothing, place: nothing, cancel: nothing, redeem: nothing, evaluate },
      null,
    )
  }

  /** False once checking further is of no use. */
  take(record: Recorded): boolean {
    if (record.kind === 'version') {
      const loaded = DirectStrategy.load(record.bundle, record.label)
      if (loaded.ok) this.strategies.set(record.version, loaded.value.answersFor(this.engine))
      else this.differ(record, { code: 'not-loaded', label: record.label, why: loaded.error.message })
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
      this.differ(record, { code: 'engine-failed', why: messageOf(error) })
      return false
    }
    return this.differences.length < MOST_DIFFERENCES
  }

  /** Evaluates at once, with the same views; the recorded answer may come much later. */
  private remake(evaluation: Evaluation, ts: UnixMs): void {
    const { version, views } = evaluation
    const key = batchKey(evaluation)
    const { cycles: cycle } = this
    this.seen.set(key, { missing: { what: 'views' }, ts, cycle, hashes: hashesOf(views) })
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
    this.waiting.set(key, { missing: { what: 'answer' }, ts, cycle, decisions, faults })
  }

  private compareViews(record: RecordedViews): void {
    const key = batchKey(record)
    const seen = this.seen.get(key)
    this.seen.delete(key)
    if (seen === undefined) return this.differ(record, { code: 'views-not-sent' })
    for (const [slot, hash] of Object.entries(record.hashes))
      if (seen.hashes[slot] !== hash) this.differ(record, { code: 'other-view', slot })
    for (const slot of Object.keys(seen.hashes))
      if (record.hashes[slot] === undefined) this.differ(record, { code: 'view-not-recorded', slot })
  }

  private compare(record: Extract<Recorded, { kind: 'decisions' }>): void {
    const key = batchKey(record)
    const remade = this.waiting.get(key)
    this.waiting.delete(key)
    if (remade === undefined) {
      this.unchecked += record.decisions.length
      if (this.strategies.has(record.version)) this.differ(record, { code: 'answer-not-asked' })
      return
    }
    this.decisions += record.decisions.length
    const slots = new Set(record.decisions.map((decision) => decision.slot))
    for (const decision of record.decisions) {
      const { slot } = decision
      const repeated = remade.decisions.get(slot) ?? null
      const recorded = textOf(slot, decision)
      if (repeated === recorded) continue
      const fault = remade.faults.get(slot) ?? null
      this.differ(record, { code: 'other-decision', slot, recorded, repeated, fault })
    }
    if (slots.size < record.decisions.length) this.differ(record, { code: 'decided-twice' })
    for (const slot of remade.decisions.keys())
      if (!slots.has(slot)) this.differ(record, { code: 'decision-not-recorded', slot })
    for (const [slot, message] of remade.faults) {
      const thrower = `${record.version} ${slot}`
      // An earlier error of the same slot must have been recorded by now.
      this.missing(this.faults.get(thrower))
      this.faults.set(thrower, { missing: { what: 'fault', slot, message }, ts: record.ts, cycle: this.cycles })
    }
  }

  /**
   * At the end of the tape: reports everything that is still missing.
   * @param sealed false for a tape that was cut: its last cycle may be incomplete
   */
  finish(sealed: boolean): void {
    for (const due of [...this.seen.values(), ...this.waiting.values(), ...this.faults.values()])
      if (sealed || due.cycle < this.cycles) this.missing(due)
  }

  private missing(due: Due | undefined): void {
    if (due !== undefined) this.differences.push({ ts: due.ts, code: 'not-recorded', ...due.missing })
  }

  private compareFault(record: Extract<Recorded, { kind: 'fault' }>, slot: SlotId): void {
    const key = `${record.version} ${slot}`
    const again = this.faults.get(key)
    this.faults.delete(key)
    if (!this.strategies.has(record.version)) return
    const { message: recorded } = record
    const repeated = again?.missing.message ?? null
    if (repeated !== recorded && repeated !== recorded.replace(PLACE, ''))
      this.differ(record, { code: 'other-fault', slot, recorded, repeated })
  }

  private differ(record: Recorded, difference: RecordDifference): void {
    this.differences.push({ ts: record.kind === 'version' ? null : record.ts, ...difference })
  }

  result(path: string): DecisionCheck {
    const { events, decisions, unchecked, differences } = this
    return { path, events, decisions, unchecked, differences, end: snapshotOf(this.engine) }
  }
}

function textOf(slot: SlotId, { intents, why, state }: Pick<DirectAnswer & SlotDecision, 'intents' | 'why' | 'state'>) {
  return JSON.stringify({ slot, intents, why, state })
}
