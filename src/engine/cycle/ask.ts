import { invariant } from '../../shared/domain/base.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { type Context, type SlotState, slotOf, type VersionRecord, versionOf } from '../state.ts'
import { assignedVersion } from '../versions/assignment.ts'
import { managerAside } from '../versions/drain.ts'
import { ROW } from '../views/view-row.ts'
import type { SlotView } from '../views/view-types.ts'
import { slotView, writeRow } from '../views/views.ts'
import { beginCycle, ready } from './begin.ts'

/**
 * One cycle whose strategies answer later, as an event: asks for one evaluation a version.
 * @param only null, or the slots that asked to be woken
 */
export function askVersions(c: Context, count: number, only: readonly SlotId[] | null, clock: Float64Array): void {
  if (!beginCycle(c, count, clock)) return
  for (const group of c.s.slotGroups) {
    const version = assignedVersion(c.s, group)
    if (version === undefined) continue
    const views: SlotView[] = []
    for (const slot of group.slots) {
      if (only !== null && !only.includes(slot.slot.id)) continue
      if (slot.changed) writeRow(c.s, slot)
      if (managedAside(c, slot)) continue
      if (ready(c.s, slot, version)) views.push(slotView(c.s, slot))
    }
    if (version.kept.size > 0) views.push(...asideViews(c, version, only))
    evaluate(c, version, count, views)
  }
  if (c.s.aside.size > 0) askAside(c, count, only)
}

/** Those that are not asked for slots of their own in the same breath. */
function askAside(c: Context, count: number, only: readonly SlotId[] | null): void {
  const inGroups = new Set(c.s.slotGroups.map((group) => assignedVersion(c.s, group)))
  for (const hash of c.s.aside) {
    const version = versionOf(c.s, hash)
    if (!inGroups.has(version)) evaluate(c, version, count, asideViews(c, version, only))
  }
}

function evaluate(c: Context, version: VersionRecord, cycle: number, views: readonly SlotView[]): void {
  if (views.length === 0) return
  const asked = c.s.pending.get(version.hash)
  invariant(asked?.cycle !== cycle, `${version.label} is asked twice in a cycle`)
  const slots = new Set(views.map((view) => view.slot))
  c.s.pending.set(version.hash, { cycle, epoch: version.epoch, slots })
  c.out.push({ kind: 'evaluate', version: version.hash, epoch: version.epoch, cycle, views })
}

/** What is open in the slot is another version's to manage: its own is not asked until that is over. */
function managedAside(c: Context, slot: SlotState): boolean {
  const manager = managerAside(c.s, slot)
  if (manager === undefined) return false
  slot.lastWhy = `${manager.label} manages what it has open in this window`
  return true
}

/** Asks a version for what it manages in slots that are not its own any more, with the state it keeps there. */
function asideViews(c: Context, version: VersionRecord, only: readonly SlotId[] | null): SlotView[] {
  const views: SlotView[] = []
  for (const [id, { json, revision }] of version.kept) {
    const slot = slotOf(c.s, id)
    if (only !== null && !only.includes(id)) continue
    if (slot.changed) writeRow(c.s, slot)
    if (managerAside(c.s, slot) !== version || c.s.now >= (slot.row[ROW.windowEnd] ?? 0)) continue
    views.push({ ...slotView(c.s, slot), state: json, revision })
  }
  return views
}
