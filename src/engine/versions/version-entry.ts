import type { VersionHash } from '../../shared/domain/ids.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import type { Order, Position } from '../../shared/domain/records.ts'
import type { Swap } from '../events.ts'
import type { SlotState, VersionRecord } from '../slot-state.ts'
import { type Context, type EngineState, record, slotOf } from '../state.ts'
import { transferAll } from './owners.ts'
import type { SwapRefusal } from './swap-refusal.ts'
import { newTenure } from './tenure.ts'
import { recordVersion } from './version-record.ts'

/** Listed slots assigned to a strategy. */
export function slotsOf(state: EngineState, strategy: string): readonly SlotState[] {
  return state.slotGroups.flatMap((group) => (group.strategy === strategy ? group.slots : []))
}

/** Why a swap cannot be committed now; null when it can (I4, revision check). */
export function swapRefusal(context: Context, swap: Swap): SwapRefusal | null {
  const old = context.state.live.get(swap.strategy)
  const canary = context.state.canaries.get(swap.strategy)?.version
  if ([old, canary].some((hash) => hash !== undefined && context.state.pending.has(hash))) return { code: 'evaluating' }
  if (canary !== undefined && canary !== swap.version) return { code: 'has-canary', strategy: swap.strategy }
  for (const { slot, fromRevision } of swap.states) {
    if (slotOf(context.state, slot).revision !== fromRevision) return { code: 'state-changed', slot }
  }
  return null
}

/** Registers a version as the live version or the canary of its strategy. */
export function registerVersion(context: Context, swap: Swap, as: 'live' | 'canary'): VersionRecord {
  const { state } = context
  const known = state.versions.get(swap.version)
  const earlier = known ?? swap.before
  const before = state.live.get(swap.strategy)
  const own = new Set(slotsOf(context.state, swap.strategy).map((slot) => slot.id))
  const retained = new Map([...(known?.retained ?? [])].filter(([slot]) => !own.has(slot)))
  if (retained.size === 0) state.residual.delete(swap.version)
  const version: VersionRecord = {
    hash: swap.version,
    label: swap.label,
    manifest: swap.manifest,
    strategy: swap.strategy,
    deployment: swap.deployment,
    // The deployment has proved and staged it; a version that was live before is staged again.
    state: step('version', step('version', known?.state ?? 'candidate', 'stage'), as === 'live' ? 'swap' : 'tryOut'),
    firstLiveAt: earlier?.firstLiveAt ?? state.now,
    epoch: ++state.epoch,
    decisions: earlier?.decisions ?? 0,
    faults: earlier?.faults ?? 0,
    faultsInRow: 0,
    tenure: newTenure(state.now, before === undefined ? undefined : state.versions.get(before)?.tenure),
    retained,
  }
  state.versions.set(version.hash, version)
  recordVersion(context, version)
  return version
}

/** Journals a version's state of a slot it trades. */
export function recordState(context: Context, slot: SlotState, version: VersionRecord): void {
  const { stateJson: json, revision } = slot
  record(context, { t: 'state', slot: slot.id, strategy: version.strategy, version: version.hash, revision, json })
}

/** Transfers what a version owns to the desk, which holds it for the strategy's next version. @returns how many were transferred */
export function transferToDesk(
  context: Context,
  owner: VersionHash,
  strategy: string | null,
  reason: 'fault' | 'unloadable',
  include: (subject: Position | Order) => boolean = () => true,
): number {
  const { state } = context
  for (const subject of [...state.positions.values(), ...state.orders.values()]) {
    const owned = 'ownedBy' in subject ? subject.ownedBy : subject.owner
    if (owned === owner && strategy !== null && include(subject)) state.heldForNextVersion.set(subject.id, strategy)
  }
  return transferAll(context, { from: owner, to: 'desk', reason, deployment: null }, include)
}
