import type { DeploymentId, PositionId, VersionHash } from '../shared/domain/ids.ts'
import type { TradingState, VersionState } from '../shared/domain/lifecycles.ts'
import type { Price, Usd } from '../shared/domain/money.ts'
import type { Fill, LedgerEntry, Order, Position, Tenure } from '../shared/domain/records.ts'
import type { Canary, Caps } from '../shared/domain/settings.ts'
import type { SlotId, WindowId } from '../shared/domain/slots.ts'
import type { UnixMs } from '../shared/domain/time.ts'
import { type Pause, slotGroupsOf } from './slot-state.ts'
import type { EngineState, Redemption } from './state.ts'
import { assignedVersion, isInCanary } from './versions/assignment.ts'
import { slotsOwned } from './versions/drain.ts'
import { newTenure } from './versions/tenure.ts'
import type { StrategyManifest } from './views/view-types.ts'

/** The desk's last state as read from the journal. */
export interface SavedDesk {
  readonly trading: TradingState
  readonly tradingReason: string | null
  readonly tradingUntil: UnixMs | null
  readonly flatten: boolean
  readonly freeze: Pause | null
  readonly ledger: readonly LedgerEntry[]
  readonly positions: readonly Position[]
  readonly orders: readonly Order[]
  /** Fills of `positions` and of `recentlyClosed`. */
  readonly fills: readonly Fill[]
  readonly recentlyClosed: readonly Position[]
  /** Outcomes of windows in which a position or an order is still open. */
  readonly outcomes: readonly { readonly slot: SlotId; readonly windowId: WindowId; readonly payoutUp: Price }[]
  readonly redemptions: readonly (Redemption & { readonly windowId: WindowId })[]
  readonly versions: readonly {
    readonly hash: VersionHash
    readonly strategy: string
    readonly label: string
    readonly manifest: StrategyManifest
    readonly state: VersionState
    readonly firstLiveAt: UnixMs | null
    readonly decisions: number
    readonly faults: number
    readonly deployment: DeploymentId
    readonly tenure: Tenure | null
  }[]
  /** States that versions retain for slots they no longer trade. */
  readonly retained: readonly {
    readonly slot: SlotId
    readonly version: VersionHash
    readonly revision: number
    readonly json: string
  }[]
  /** Caps changed by commands, as far as they can be read; null without any. */
  readonly caps: Partial<Caps> | null
  readonly assigned: readonly { readonly slot: SlotId; readonly strategy: string }[]
  readonly canaries: readonly (Canary & { readonly strategy: string; readonly slots: readonly SlotId[] })[]
  /** Positions the desk is selling because of a `close` command. */
  readonly closing: readonly PositionId[]
  readonly states: readonly {
    readonly slot: SlotId
    readonly strategy: string
    readonly revision: number
    readonly json: string
  }[]
  /** Positions and orders the desk holds for a strategy's next version. */
  readonly faultHandoffs: readonly { readonly id: string; readonly strategy: string }[]
  readonly slotPauses: readonly { readonly slot: SlotId; readonly reason: string }[]
  readonly strategyPauses: readonly { readonly strategy: string; readonly reason: string }[]
  readonly nextOrder: number
  readonly nextPosition: number
  readonly lastCycle: number
  /** Names of stored settings that cannot be read; the desk then starts with entries held (I12). */
  readonly unreadable: readonly string[]
}

/** Restores a fresh engine from the journal: positions, owners, states, live versions, kill latch. */
export function restoreState(state: EngineState, saved: SavedDesk): void {
  for (const entry of saved.ledger) state.ledger.apply(entry)
  for (const position of saved.positions) state.positions.set(position.id, { ...position })
  for (const order of saved.orders) state.orders.set(order.id, { ...order })
  for (const fill of saved.fills) state.fills.set(fill.id, { ...fill })
  for (const position of saved.recentlyClosed) state.recentlyClosed.set(position.id, { ...position })
  for (const { slot, windowId, payoutUp } of saved.outcomes) state.slots.get(slot)?.outcomes.set(windowId, payoutUp)
  for (const { windowId, ...redemption } of saved.redemptions) state.redemptions.set(windowId, redemption)
  for (const version of saved.versions) {
    const tenure = version.tenure === null ? newTenure(state.now, undefined) : { ...version.tenure }
    state.versions.set(version.hash, { ...version, tenure, epoch: ++state.epoch, faultsInRow: 0, retained: new Map() })
    if (version.state !== 'draining' && version.state !== 'canary') state.live.set(version.strategy, version.hash)
  }
  for (const { slot, strategy } of saved.assigned) {
    const assigned = state.slots.get(slot)
    if (assigned !== undefined) assigned.strategy = strategy
  }
  for (const { strategy, slots, ...canary } of saved.canaries) {
    state.canaries.set(strategy, canary)
    for (const id of slots) {
      const slot = state.slots.get(id)
      if (slot?.strategy === strategy) slot.canary = true
    }
  }
  state.slotGroups = slotGroupsOf(state.slots.values())
  restoreRetained(state, saved)
  for (const { slot: id, strategy, revision, json } of saved.states) {
    const slot = state.slots.get(id)
    if (slot === undefined) continue
    slot.revision = revision
    // The slot has another strategy now, which cannot use this state.
    if (slot.strategy === strategy) slot.stateJson = json
  }
  for (const { slot: id, reason } of saved.slotPauses) {
    const slot = state.slots.get(id)
    if (slot !== undefined) slot.pause = { reason, until: null }
  }
  for (const { strategy, reason } of saved.strategyPauses) state.strategyPauses.set(strategy, { reason, until: null })
  for (const { id, strategy } of saved.faultHandoffs) state.heldForNextVersion.set(id, strategy)
  for (const id of saved.closing) state.closing.add(id)
  if (saved.caps !== null) state.caps = { ...state.caps, ...saved.caps }
  state.trading = saved.trading
  state.killReason = saved.trading === 'killed' ? (saved.tradingReason ?? 'killed before the restart') : null
  state.pause =
    saved.trading === 'paused' ? { reason: saved.tradingReason ?? 'paused', until: saved.tradingUntil } : null
  state.flatten = saved.flatten
  state.freeze = saved.freeze
  state.nextOrder = saved.nextOrder
  state.nextPosition = saved.nextPosition
  state.cycle = saved.lastCycle
}

/** Applies the tighter of each configured and journaled cap, for when a setting cannot be read (I12). */
export function tightenCaps(state: EngineState): void {
  const { caps } = state.config
  state.caps = {
    stakePerOrder: least(state.caps.stakePerOrder, caps.stakePerOrder),
    exposurePerWindow: least(state.caps.exposurePerWindow, caps.exposurePerWindow),
    exposurePerAsset: least(state.caps.exposurePerAsset, caps.exposurePerAsset),
    exposurePerAccount: least(state.caps.exposurePerAccount, caps.exposurePerAccount),
    ordersPerMinute: Math.min(state.caps.ordersPerMinute, caps.ordersPerMinute),
    lossPerDay: least(state.caps.lossPerDay, caps.lossPerDay),
  }
}

function least(a: Usd, b: Usd): Usd {
  return a < b ? a : b
}

/** Restores residual versions: those owning something in slots they no longer trade, or whose slots the canary trades. */
function restoreRetained(state: EngineState, saved: SavedDesk): void {
  for (const version of state.versions.values()) {
    const inCanary = [...state.slots.values()].filter((slot) => isInCanary(state, slot, version))
    for (const id of new Set([...slotsOwned(state, version.hash), ...inCanary.map(({ slot }) => slot.id)])) {
      const slot = state.slots.get(id)
      if (slot !== undefined && assignedVersion(state, slot) === version) continue
      const { json = 'null', revision = 0 } =
        saved.retained.find((entry) => entry.version === version.hash && entry.slot === id) ?? {}
      version.retained.set(id, { json, revision })
      state.residual.add(version.hash)
    }
    if (version.state === 'draining') state.residual.add(version.hash)
  }
}
