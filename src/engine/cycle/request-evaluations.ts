import { invariant } from '../../shared/domain/base.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { SlotState, VersionRecord } from '../slot-state.ts'
import { type Context, slotOf, versionOf } from '../state.ts'
import { assignedVersion } from '../versions/assignment.ts'
import { residualManager } from '../versions/drain.ts'
import { ROW } from '../views/view-row.ts'
import type { SlotView } from '../views/view-types.ts'
import { slotView, writeRow } from '../views/views.ts'
import { beginCycle, isReady } from './begin.ts'

/**
 * Runs a cycle whose decisions arrive later as events: requests one evaluation per version.
 * @param only slots of a wake-up cycle; null for all
 */
export function requestEvaluations(
  context: Context,
  count: number,
  only: readonly SlotId[] | null,
  clock: Float64Array,
): void {
  if (!beginCycle(context, count, clock)) return
  for (const group of context.state.slotGroups) {
    const version = assignedVersion(context.state, group)
    if (version === undefined) continue
    const views: SlotView[] = []
    for (const slot of group.slots) {
      if (only !== null && !only.includes(slot.id)) continue
      if (slot.changed) writeRow(context.state, slot)
      if (isManagedByResidual(context, slot)) continue
      if (isReady(context.state, slot, version)) views.push(slotView(context.state, slot))
    }
    if (version.retained.size > 0) views.push(...residualViews(context, version, only))
    evaluate(context, version, count, views)
  }
  if (context.state.residual.size > 0) requestResidual(context, count, only)
}

/** Requests evaluations of residual versions that trade no slot group in this cycle. */
function requestResidual(context: Context, count: number, only: readonly SlotId[] | null): void {
  const inGroups = new Set(context.state.slotGroups.map((group) => assignedVersion(context.state, group)))
  for (const hash of context.state.residual) {
    const version = versionOf(context.state, hash)
    if (!inGroups.has(version)) evaluate(context, version, count, residualViews(context, version, only))
  }
}

function evaluate(context: Context, version: VersionRecord, cycle: number, views: readonly SlotView[]): void {
  if (views.length === 0) return
  const inFlight = context.state.pending.get(version.hash)
  invariant(inFlight?.cycle !== cycle, `${version.label} is evaluated twice in a cycle`)
  const slots = new Set(views.map((view) => view.slot))
  context.state.pending.set(version.hash, { cycle, epoch: version.epoch, slots })
  context.effects.push({ kind: 'evaluate', version: version.hash, epoch: version.epoch, cycle, views })
}

/** True while a residual version manages what is open in the slot; its own version is not evaluated meanwhile. */
function isManagedByResidual(context: Context, slot: SlotState): boolean {
  const manager = residualManager(context.state, slot)
  if (manager === undefined) return false
  slot.lastWhy = `${manager.label} still manages its positions and orders in this window`
  return true
}

/** Views of the slots that a residual version still manages, with the state it retains for them. */
function residualViews(context: Context, version: VersionRecord, only: readonly SlotId[] | null): SlotView[] {
  const views: SlotView[] = []
  for (const [id, { json, revision }] of version.retained) {
    const slot = slotOf(context.state, id)
    if (only !== null && !only.includes(id)) continue
    if (slot.changed) writeRow(context.state, slot)
    if (residualManager(context.state, slot) !== version || context.state.now >= (slot.row[ROW.windowEnd] ?? 0))
      continue
    views.push({ ...slotView(context.state, slot), state: json, revision })
  }
  return views
}
