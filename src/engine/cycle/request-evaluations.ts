import { invariant } from '../../shared/domain/base.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { type Context, type SlotState, slotOf, type VersionRecord, versionOf } from '../state.ts'
import { assignedVersion } from '../versions/assignment.ts'
import { residualManager } from '../versions/drain.ts'
import { ROW } from '../views/view-row.ts'
import type { SlotView } from '../views/view-types.ts'
import { slotView, writeRow } from '../views/views.ts'
import { beginCycle, isReady } from './begin.ts'

/**
 * One cycle whose strategies answer later, as an event: asks for one evaluation a version.
 * @param only null, or the slots that asked to be woken
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

/** Those that are not asked for slots of their own in the same breath. */
function requestResidual(context: Context, count: number, only: readonly SlotId[] | null): void {
  const inGroups = new Set(context.state.slotGroups.map((group) => assignedVersion(context.state, group)))
  for (const hash of context.state.residual) {
    const version = versionOf(context.state, hash)
    if (!inGroups.has(version)) evaluate(context, version, count, residualViews(context, version, only))
  }
}

function evaluate(context: Context, version: VersionRecord, cycle: number, views: readonly SlotView[]): void {
  if (views.length === 0) return
  const asked = context.state.pending.get(version.hash)
  invariant(asked?.cycle !== cycle, `${version.label} is asked twice in a cycle`)
  const slots = new Set(views.map((view) => view.slot))
  context.state.pending.set(version.hash, { cycle, epoch: version.epoch, slots })
  context.out.push({ kind: 'evaluate', version: version.hash, epoch: version.epoch, cycle, views })
}

/** What is open in the slot is another version's to manage: its own is not asked until that is over. */
function isManagedByResidual(context: Context, slot: SlotState): boolean {
  const manager = residualManager(context.state, slot)
  if (manager === undefined) return false
  slot.lastWhy = `${manager.label} manages what it has open in this window`
  return true
}

/** Asks a version for what it manages in slots that are not its own any more, with the state it keeps there. */
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
