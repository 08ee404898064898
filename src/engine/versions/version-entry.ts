import type { VersionHash } from '../../shared/domain/ids.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import type { Order, Position } from '../../shared/domain/records.ts'
import type { Swap } from '../events.ts'
import { type Context, record, type SlotState, slotOf, type VersionRecord } from '../state.ts'
import { transferAll } from './owners.ts'
import { newTenure } from './tenure.ts'
import { recordVersion } from './version-record.ts'

/** Slots that configuration gives to a strategy. */
export function slotsOf(c: Context, strategy: string): readonly SlotState[] {
  return c.s.slotGroups.flatMap((group) => (group.strategy === strategy ? group.slots : []))
}

/** Why a swap cannot be committed now; null when it can (I4, revision check). */
export function swapRefusal(c: Context, swap: Swap): string | null {
  const old = c.s.live.get(swap.strategy)
  const canary = c.s.canaries.get(swap.strategy)?.version
  if ([old, canary].some((hash) => hash !== undefined && c.s.pending.has(hash))) return 'an evaluation is in flight'
  if (canary !== undefined && canary !== swap.version)
    return `a canary of ${swap.strategy} runs: promote it, or dismiss it`
  for (const { slot, fromRevision } of swap.states) {
    if (slotOf(c.s, slot).revision !== fromRevision) return `state of ${slot} moved on while it was migrated`
  }
  return null
}

/** Takes a version in, as the live one or as the canary of its strategy. */
export function admit(c: Context, swap: Swap, as: 'live' | 'canary'): VersionRecord {
  const { s } = c
  const known = s.versions.get(swap.version)
  const earlier = known ?? swap.before
  const before = s.live.get(swap.strategy)
  const own = new Set(slotsOf(c, swap.strategy).map((slot) => slot.slot.id))
  const kept = new Map([...(known?.kept ?? [])].filter(([slot]) => !own.has(slot)))
  if (kept.size === 0) s.aside.delete(swap.version)
  const version: VersionRecord = {
    hash: swap.version,
    label: swap.label,
    manifest: swap.manifest,
    strategy: swap.strategy,
    deployment: swap.deployment,
    // Proved and staged outside; a version that comes back is staged anew.
    state: step('version', step('version', known?.state ?? 'candidate', 'stage'), as === 'live' ? 'swap' : 'tryOut'),
    firstLiveAt: earlier?.firstLiveAt ?? s.now,
    epoch: ++s.epoch,
    decisions: earlier?.decisions ?? 0,
    faults: earlier?.faults ?? 0,
    faultsInRow: 0,
    tenure: newTenure(s.now, before === undefined ? undefined : s.versions.get(before)?.tenure),
    kept,
  }
  s.versions.set(version.hash, version)
  recordVersion(c, version)
  return version
}

/** Journals the state that a version has in a slot of its own. */
export function recordState(c: Context, slot: SlotState, version: VersionRecord): void {
  const { stateJson: json, revision } = slot
  record(c, { t: 'state', slot: slot.slot.id, strategy: version.strategy, version: version.hash, revision, json })
}

/** The desk holds what an owner had; the next version of the strategy takes it. */
export function leaveToDesk(
  c: Context,
  owner: VersionHash,
  strategy: string | null,
  reason: 'fault' | 'unloadable',
  only: (subject: Position | Order) => boolean = () => true,
): number {
  const { s } = c
  for (const subject of [...s.positions.values(), ...s.orders.values()]) {
    const owned = 'ownedBy' in subject ? subject.ownedBy : subject.owner
    if (owned === owner && strategy !== null && only(subject)) s.orphanedByFault.set(subject.id, strategy)
  }
  return transferAll(c, { from: owner, to: 'desk', reason, deployment: null }, only)
}
