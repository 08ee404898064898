import type { SlotId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Effect } from '../events.ts'
import type { SlotGroup, SlotState, VersionRecord } from '../slot-state.ts'
import type { Context, EngineState } from '../state.ts'
import { assignedVersion } from '../versions/assignment.ts'
import { applyDecision, applyFault, countRepeated } from '../versions/versions.ts'
import { ROW } from '../views/view-row.ts'
import type { SlotDecision } from '../views/view-types.ts'
import { writeRow } from '../views/views.ts'
import { beginCycle, isReady } from './begin.ts'

/** Answer of a strategy for one slot; the object may be reused for every answer. */
export interface DirectAnswer {
  why: string
  /** New state as JSON; null when it is unchanged. */
  state: string | null
  intents: SlotDecision['intents']
  /** Message of what it threw, or of what is invalid in its answer; null without a fault. */
  fault: string | null
  /** Stack in its bundle; empty when nothing was thrown. */
  stack: string
}

/** Slots of a group to evaluate in a cycle: their indices, in order. */
interface EvaluationPlan {
  readonly indices: Int32Array
  count: number
  version: VersionRecord
  /** Time until which the plan is valid, ms; 0 = for one cycle only. */
  validUntil: number
}

/** True when no slot of a group has changed since its row was written. */
function isUnchanged({ slots }: SlotGroup): boolean {
  for (const slot of slots) if (slot.changed) return false
  return true
}

/** Evaluates a strategy synchronously for slots whose rows are up to date. */
export interface DirectEvaluator {
  /** Called when a slot's state, orders or position, which are not in its row, may have changed. */
  onSlotChanged(slot: SlotState): void
  /** Answer for the slot evaluated last. */
  readonly answer: DirectAnswer
  /**
   * Evaluates the slots `indices[from]`, `indices[from + 1]`, … in order, until one gives a new answer. Most answers repeat
   * the previous one (hold, same reason, same state); these are only counted.
   * @returns position in `indices` of the slot with a new answer; `end` without one
   */
  evaluate(indices: Int32Array, from: number, end: number): number
}

/** Cycles with synchronous evaluations, as in replays: repeated answers allocate nothing. */
export class DirectCycles {
  private readonly context: Context
  private readonly slots: readonly SlotState[]
  private readonly clock: Float64Array
  private readonly plans = new Map<SlotGroup, EvaluationPlan>()

  /** @param clock receives the time of each cycle, for views */
  constructor(state: EngineState, clock: Float64Array) {
    this.context = { state, effects: [], discardsRecords: false }
    this.slots = [...state.slots.values()]
    this.clock = clock
  }

  /**
   * Runs one cycle. Views read rows in place; the effects equal those of decisions that arrive as events.
   * @param only slots of a wake-up cycle; null for all
   * @returns effects, in a list that the next cycle reuses
   */
  cycle(ts: UnixMs, count: number, only: readonly SlotId[] | null, evaluator: DirectEvaluator): readonly Effect[] {
    const context = this.context
    if (context.effects.length > 0) context.effects.length = 0
    if (ts > context.state.now) context.state.now = ts
    if (!beginCycle(context, count, this.clock)) return context.effects
    for (const group of context.state.slotGroups) {
      const version = assignedVersion(context.state, group)
      if (version !== undefined) this.evaluateGroup(context, group, version, only, evaluator)
    }
    return context.effects
  }

  private evaluateGroup(
    context: Context,
    group: SlotGroup,
    version: VersionRecord,
    only: readonly SlotId[] | null,
    evaluator: DirectEvaluator,
  ): void {
    const { indices, count } = this.plan(context, group, version, only, evaluator)
    let faults: { slot: SlotId; message: string }[] | undefined
    for (let next = 0; next < count; next++) {
      const at = evaluator.evaluate(indices, next, count)
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
   * The slots of a group to evaluate now; their rows are brought up to date. A plan with all slots of the group stays valid
   * until a window ends or a slot changes, which covers most cycles.
   */
  private plan(
    context: Context,
    group: SlotGroup,
    version: VersionRecord,
    only: readonly SlotId[] | null,
    evaluator: DirectEvaluator,
  ): EvaluationPlan {
    const known = this.plans.get(group)
    if (only === null && known?.version === version && context.state.now < known.validUntil && isUnchanged(group))
      return known
    const { slots } = group
    const made = known ?? { indices: new Int32Array(slots.length), count: 0, version, validUntil: 0 }
    made.version = version
    made.count = 0
    let validUntil = Number.POSITIVE_INFINITY
    for (const slot of slots) {
      if (only !== null && !only.includes(slot.id)) continue
      if (slot.changed) {
        writeRow(context.state, slot)
        evaluator.onSlotChanged(slot)
      }
      if (!isReady(context.state, slot, version)) continue
      made.indices[made.count++] = slot.index
      validUntil = Math.min(validUntil, slot.row[ROW.windowEnd] ?? 0)
    }
    // A skipped slot may become ready without a visible change, so the plan is rebuilt in the next cycle.
    made.validUntil = made.count === slots.length ? validUntil : 0
    this.plans.set(group, made)
    return made
  }
}
