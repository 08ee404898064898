import type { TradingState, VersionState } from '../shared/domain/lifecycles.ts'
import type { DeploymentId, LedgerEntry, Order, Position, VersionHash } from '../shared/domain/records.ts'
import type { SlotId } from '../shared/domain/slots.ts'
import type { UnixMs } from '../shared/domain/time.ts'
import type { EngineState, Pause } from './state.ts'
import type { StrategyManifest } from './views.ts'

/** What a journal says of the desk as it last was. */
export interface SavedDesk {
  readonly trading: TradingState
  readonly tradingReason: string | null
  readonly tradingUntil: UnixMs | null
  readonly flatten: boolean
  readonly freeze: Pause | null
  readonly ledger: readonly LedgerEntry[]
  readonly positions: readonly Position[]
  readonly orders: readonly Order[]
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
  }[]
  readonly states: readonly {
    readonly slot: SlotId
    readonly strategy: string
    readonly revision: number
    readonly json: string
  }[]
  readonly faultHandoffs: readonly string[]
  /** Of a slot or a strategy, by its name. */
  readonly pauses: readonly { readonly scope: string; readonly reason: string }[]
  readonly nextOrder: number
  readonly nextPosition: number
  readonly lastCycle: number
}

/** Brings a fresh engine to where the journal left off: positions, owners, states, versions live, kill latch. */
export function restoreState(s: EngineState, saved: SavedDesk): void {
  for (const entry of saved.ledger) s.ledger.apply(entry)
  for (const position of saved.positions) s.positions.set(position.id, { ...position })
  for (const order of saved.orders) s.orders.set(order.id, { ...order })
  for (const version of saved.versions) {
    s.versions.set(version.hash, { ...version, epoch: ++s.epoch, faultsInRow: 0 })
    s.live.set(version.strategy, version.hash)
  }
  for (const { slot: id, strategy, revision, json } of saved.states) {
    const slot = s.slots.get(id)
    if (slot === undefined) continue
    slot.revision = revision
    // Another strategy has the slot now: what this one kept means nothing to it.
    if (slot.strategy === strategy) slot.stateJson = json
  }
  for (const { scope, reason } of saved.pauses) {
    const slot = s.slots.get(scope as SlotId)
    if (slot === undefined) s.strategyPauses.set(scope, { reason, until: null })
    else slot.pause = { reason, until: null }
  }
  for (const id of saved.faultHandoffs) s.orphanedByFault.add(id)
  s.trading = saved.trading
  s.killReason = saved.trading === 'killed' ? (saved.tradingReason ?? 'killed before the restart') : null
  s.pause = saved.trading === 'paused' ? { reason: saved.tradingReason ?? 'paused', until: saved.tradingUntil } : null
  s.flatten = saved.flatten
  s.freeze = saved.freeze
  s.nextOrder = saved.nextOrder
  s.nextPosition = saved.nextPosition
  s.cycle = saved.lastCycle
}
