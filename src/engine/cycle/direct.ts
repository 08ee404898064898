import type { SlotId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Effect } from '../events.ts'
import type { Context, EngineState, SlotGroup, SlotState, VersionRecord } from '../state.ts'
import { assignedVersion } from '../versions/assignment.ts'
import { applyDecision, applyFault, countRepeated } from '../versions/versions.ts'
import { ROW } from '../views/view-row.ts'
import type { SlotDecision } from '../views/view-types.ts'
import { writeRow } from '../views/views.ts'
import { beginCycle, isReady } from './begin.ts'

/** What a strategy answered for one slot; the same object may come every time. */
export interface DirectAnswer {
  why: string
  /** New state as JSON; null when it is unchanged. */
  state: string | null
  intents: SlotDecision['intents']
  /** What it threw, or what was wrong with its answer; null when nothing was. */
  fault: string | null
  /** Names the place in its bundle where it threw; empty where nothing was thrown. */
  stack: string
}

/** The slots of a group that are asked in a cycle: their indices, in turn. */
interface EvaluationPlan {
  readonly indices: Int32Array
  count: number
  version: VersionRecord
  /** First moment at which it may be another one; 0 = at once. */
  until: number
}

/** True when nothing of a group's slots has changed since their rows were written. */
function isUnchanged({ slots }: SlotGroup): boolean {
  for (const slot of slots) if (slot.changed) return false
  return true
}

/** Asks a strategy about slots whose rows are written. */
export interface DirectEvaluator {
  /** State, orders or the position of a slot may have changed: they are not in its row. */
  onSlotChanged(slot: SlotState): void
  /** Of the slot that was asked last. */
  readonly answer: DirectAnswer
  /**
   * Asks about the slots whose indices stand in `turn` from `from` on, one after the other, until one says something new.
   * Holding on for the reason given last time is most of all answers, and nothing but their number comes of them.
   * @returns the place in `turn` of the slot that did; `end` where none before `end` did
   */
  ask(indices: Int32Array, from: number, end: number): number
}

/** Cycles whose strategies are called directly, as in replays: nothing is made for an answer that says nothing new. */
export class DirectCycles {
  private readonly context: Context
  private readonly slots: readonly SlotState[]
  private readonly clock: Float64Array
  private readonly plans = new Map<SlotGroup, EvaluationPlan>()

  /** @param clock where views read the moment of a cycle */
  constructor(state: EngineState, clock: Float64Array) {
    this.context = { state, out: [], discardsRecords: false }
    this.slots = [...state.slots.values()]
    this.clock = clock
  }

  /**
   * One cycle whose strategies answer at once: a replay's. Rows are read where they lie, and the effects are the same as
   * when every answer came as an event.
   * @param only null, or the slots that asked to be woken
   */
  cycle(ts: UnixMs, count: number, only: readonly SlotId[] | null, evaluator: DirectEvaluator): readonly Effect[] {
    const context = this.context
    if (context.out.length > 0) context.out.length = 0
    if (ts > context.state.now) context.state.now = ts
    if (!beginCycle(context, count, this.clock)) return context.out
    for (const group of context.state.slotGroups) {
      const version = assignedVersion(context.state, group)
      if (version !== undefined) this.ask(context, group, version, only, evaluator)
    }
    return context.out
  }

  private ask(
    context: Context,
    group: SlotGroup,
    version: VersionRecord,
    only: readonly SlotId[] | null,
    evaluator: DirectEvaluator,
  ): void {
    const { indices, count } = this.plan(context, group, version, only, evaluator)
    let faults: { slot: SlotId; message: string }[] | undefined
    for (let next = 0; next < count; next++) {
      const at = evaluator.ask(indices, next, count)
      countRepeated(version, at - next)
      next = at
      const slot = at === count ? undefined : this.slots[indices[at] ?? 0]
      if (slot === undefined) break
      const { fault, why, state, intents } = evaluator.answer
      if (fault === null) applyDecision(context, slot, version, why, state, intents)
      else {
        faults ??= []
        faults.push({ slot: slot.id, message: fault })
      }
    }
    if (faults === undefined) version.faultsInRow = 0
    for (const { slot, message } of faults ?? []) {
      applyFault(context, { kind: 'fault', ts: context.state.now, version: version.hash, slot, fatal: false, message })
    }
  }

  /**
   * Who of a group is asked now, and in which order; rows are written. With all of them asked it stays the same until a
   * window ends or something of a slot changes: that is most cycles.
   */
  private plan(
    context: Context,
    group: SlotGroup,
    version: VersionRecord,
    only: readonly SlotId[] | null,
    evaluator: DirectEvaluator,
  ): EvaluationPlan {
    const known = this.plans.get(group)
    if (only === null && known?.version === version && context.state.now < known.until && isUnchanged(group))
      return known
    const { slots } = group
    const made = known ?? { indices: new Int32Array(slots.length), count: 0, version, until: 0 }
    made.version = version
    made.count = 0
    let until = Number.POSITIVE_INFINITY
    for (const slot of slots) {
      if (only !== null && !only.includes(slot.id)) continue
      if (slot.changed) {
        writeRow(context.state, slot)
        evaluator.onSlotChanged(slot)
      }
      if (!isReady(context.state, slot, version)) continue
      made.indices[made.count++] = slot.index
      until = Math.min(until, slot.row[ROW.windowEnd] ?? 0)
    }
    // Whoever is left out may be asked again without any change to be seen.
    made.until = made.count === slots.length ? until : 0
    this.plans.set(group, made)
    return made
  }
}
