import type { DirectAnswer } from '../../engine/cycle/direct.ts'
import type { Engine } from '../../engine/engine.ts'
import { type SlotState, slotOf } from '../../engine/state.ts'
import type { SlotDecision, SlotView } from '../../engine/views/view-types.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { isoUtc, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { type Evaluation, Runtime } from '../runtime/runtime.ts'
import { DirectStrategy } from '../strategy-host/direct-strategy.ts'
import { snapshotOf } from '../tape/engine-snapshot.ts'
import type { RecordedViews } from '../tape/recorder.ts'
import { batchKey, hashesOf } from '../tape/view-hashes.ts'
import type { Recorded } from './recorded-events.ts'

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

/** A version that manages a slot aside has a state of its own there: it is asked with that one. */
export function withStateOf<T>({ state, revision }: SlotView, slot: SlotState, decide: (slot: SlotState) => T): T {
  const own = { stateJson: slot.stateJson, revision: slot.revision }
  if (own.stateJson === state && own.revision === revision) return decide(slot)
  Object.assign(slot, { stateJson: state, revision, edition: slot.edition + 1 })
  const answer = decide(slot)
  Object.assign(slot, { ...own, edition: slot.edition + 1 })
  return answer
}

/** Tells one engine a recorded segment, record by record, and compares what versions answer with what was recorded. */
export class SegmentCheck {
  private readonly engine: Engine
  private readonly strategies = new Map<string, ReturnType<DirectStrategy['seatInFull']>>()
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
      if (loaded.ok) this.strategies.set(record.version, loaded.value.seatInFull(this.engine))
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
      this.runtime.tell(record)
    } catch (error) {
      this.differ(record, `the engine refused it: ${error instanceof Error ? error.message : String(error)}`)
      return false
    }
    return this.differences.length < MOST_DIFFERENCES
  }

  /** Answers at once, from the very views; the recorded answer may come much later. */
  private remake(evaluation: Evaluation, ts: UnixMs): void {
    const { version, views } = evaluation
    const key = batchKey(evaluation)
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
    const key = batchKey(record)
    const seen = this.seen.get(key)
    this.seen.delete(key)
    if (seen === undefined) return this.differ(record, 'views were sent that the engine does not send')
    for (const [slot, hash] of Object.entries(record.hashes))
      if (seen.hashes[slot] !== hash) this.differ(record, `${slot} saw another view`)
    for (const slot of Object.keys(seen.hashes))
      if (record.hashes[slot] === undefined) this.differ(record, `${slot} saw a view that the tape does not name`)
  }

  private compare(record: Extract<Recorded, { kind: 'decisions' }>): void {
    const key = batchKey(record)
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
