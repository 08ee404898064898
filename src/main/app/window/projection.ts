import type { Engine } from '../../../engine/engine.ts'
import { totalAtRisk } from '../../../engine/orders/exposure.ts'
import type { AssetState } from '../../../engine/prices/asset-state.ts'
import { markOf, quoteOf } from '../../../engine/quotes.ts'
import type { SlotState } from '../../../engine/slot-state.ts'
import {
  assetOf,
  type EngineState,
  feedProblemOf,
  isUnsettleable,
  isUnsettled,
  isWorking,
  positionIn,
} from '../../../engine/state.ts'
import type { MarketDataStatus } from '../../../engine/venue/market-data.ts'
import { assignedVersion } from '../../../engine/versions/assignment.ts'
import { estimateUp } from '../../../engine/versions/owners.ts'
import { warmUpLeft } from '../../../engine/versions/versions.ts'
import type { PolicyRefusal } from '../../../shared/domain/deployments.ts'
import { MICRO, mulDivFloor, price, shares, usd } from '../../../shared/domain/money.ts'
import type { Position } from '../../../shared/domain/records.ts'
import { type Side, type Slot, windowAt } from '../../../shared/domain/slots.ts'
import type { VersionRef } from '../../../shared/domain/versions.ts'
import type { DeskStatus, Quote, SlotPosition, SlotRow, SlotSource, SlotStatus } from '../../../shared/ipc/desk-view.ts'

/** Input of the projection besides the engine's state. */
export interface ProjectionParts {
  readonly engine: Engine
  readonly refOf: (hash: string) => VersionRef | null
  /** State of a slot's real book; null on simulated books. */
  readonly dataOf: (slot: Slot) => MarketDataStatus | null
}

function quote(slot: SlotState, side: Side): Quote {
  const { bid, ask } = quoteOf(slot.book, side)
  return {
    bid: bid?.price ?? null,
    ask: ask?.price ?? null,
    bidShares: bid?.shares ?? shares(0),
    askShares: ask?.shares ?? shares(0),
  }
}

/** One slot as the desk shows it. */
export function slotRow(parts: ProjectionParts, slot: SlotState): SlotRow {
  const s = parts.engine.state
  const asset = assetOf(s, slot.slot.asset)
  const window = slot.window ?? windowAt(slot.slot, s.now)
  const version = slot.canary
    ? assignedVersion(s, slot)?.hash
    : slot.strategy === null
      ? undefined
      : s.live.get(slot.strategy)
  const data = parts.dataOf(slot.slot)
  const own = slotStatus(parts.engine, slot)
  const isWithheld = own.status === 'live' && data !== null && data.reason !== null
  const { status, reason } = isWithheld ? { status: 'stale' as const, reason: data.reason } : own
  const orders = [...s.orders.values()].filter((order) => order.windowId === window.id && isWorking(order))
  const spot = asset.price > 0 ? asset.price : null
  const current = slot.window === null ? undefined : positionIn(s, slot.window.id)
  return {
    slot: slot.id,
    asset: slot.slot.asset,
    timeframe: slot.slot.timeframe,
    status,
    statusReason: reason,
    windowId: window.id,
    windowStart: window.start,
    windowEnd: window.end,
    strike: slot.strike,
    strikeIsEstimate: slot.strikeIsEstimate,
    spot,
    spotAt: asset.price > 0 ? asset.priceTs : null,
    moveBp: spot === null || slot.strike === null ? null : Math.log(spot / slot.strike) * 10_000,
    up: quote(slot, 'up'),
    down: quote(slot, 'down'),
    tick: slot.book?.tick ?? slot.listing?.tick ?? price(10_000),
    position: current === undefined ? null : positionRow(parts, slot, current),
    awaiting: [...s.positions.values()]
      .filter((held) => held.slot === slot.id && held.windowId !== window.id && isUnsettled(held))
      .map((held) => positionRow(parts, slot, held)),
    openOrders: orders.length,
    unknownOrders: orders.filter((order) => order.state === 'unknown').length,
    strategy: slot.strategy,
    version: version === undefined ? null : parts.refOf(version),
    lastWhy: slot.lastWhy,
    lastDecisionAt: slot.lastDecisionAt,
    regime: asset.regime,
    source: data === null ? null : sourceOf(data),
  }
}

function sourceOf({ strikeSource, bookAgeMs, isVerified, deltaHashes }: MarketDataStatus): SlotSource {
  return {
    strike: strikeSource,
    bookAgeSec: bookAgeMs === null ? null : Math.floor(bookAgeMs / 1_000),
    checksum: !isVerified ? 'none' : deltaHashes === 'agree' ? 'verified' : 'book only',
  }
}

/** Whether a slot can decide, and if not, why. */
export function slotStatus(engine: Engine, slot: SlotState): { status: SlotStatus; reason: string | null } {
  const s = engine.state
  if (!slot.listed) return { status: 'unlisted', reason: 'this feed or venue does not list it; it never trades' }
  if (slot.strategy === null) return { status: 'unassigned', reason: 'no strategy is assigned to it' }
  const live = s.live.get(slot.strategy)
  if (live === undefined) return { status: 'unassigned', reason: `no version of ${slot.strategy} is live` }
  const version = assignedVersion(s, slot)
  if (version === undefined)
    return { status: 'faulted', reason: `${s.versions.get(live)?.label ?? slot.strategy} was stopped by a fault` }
  if (slot.pause !== null) return { status: 'paused', reason: slot.pause.reason }
  const strategyPause = s.strategyPauses.get(slot.strategy)
  if (strategyPause !== undefined) return { status: 'paused', reason: strategyPause.reason }
  const asset = assetOf(s, slot.slot.asset)
  const age = s.now - asset.priceTs
  if (asset.price === 0 || age > s.config.stalePriceMs || !s.feed.connected || s.feed.stale.includes(asset.asset)) {
    return { status: 'stale', reason: staleReason(s, asset, age) }
  }
  const lacking = warmUpLeft(slot, version)
  return lacking === null ? { status: 'live', reason: null } : { status: 'warming', reason: lacking }
}

function staleReason(s: EngineState, asset: AssetState<SlotState>, ageMs: number): string {
  if (!s.feed.connected) return `the price feed is down: ${s.feed.detail}`
  const problem = feedProblemOf(s, asset.asset)
  if (problem !== null) return problem
  return asset.price === 0 ? 'no price has come yet' : `last price ${Math.round(ageMs / 1000)} s ago`
}

function positionRow(parts: ProjectionParts, slot: SlotState, position: Position): SlotPosition {
  const s = parts.engine.state
  // An earlier window has no quote to mark its payout by.
  const mark = position.windowId === slot.window?.id ? markOf(s, slot, position.side, estimateUp(s, slot)).mark : null
  return {
    id: position.id,
    side: position.side,
    shares: position.shares,
    cost: position.cost,
    markValue: mark === null ? null : usd(mulDivFloor(position.shares, mark, MICRO)),
    state: position.state,
    unsettleable: isUnsettleable(s, position),
    owner: position.ownedBy,
    ownerLabel:
      position.ownedBy === 'desk' ? 'desk' : (parts.refOf(position.ownedBy)?.label ?? position.ownedBy.slice(0, 6)),
    openedByLabel: parts.refOf(position.openedBy)?.label ?? position.openedBy.slice(0, 6),
  }
}

type Runtime = Pick<
  DeskStatus,
  'market' | 'feed' | 'notices' | 'cycle' | 'speed' | 'startedAt' | 'homeFolder' | 'outages'
>

/** Whether new code may go live now; a freeze takes precedence over a cooldown. */
function deploysOf(
  { state }: Engine,
  cooling: PolicyRefusal | null,
): Pick<DeskStatus, 'deploys' | 'deploysReason' | 'deploysUntil'> {
  const unreadable = state.holds.get('settings')
  const freeze = state.freeze ?? (unreadable === undefined ? null : { reason: unreadable, until: null })
  if (freeze !== null) return { deploys: 'frozen', deploysReason: freeze.reason, deploysUntil: freeze.until }
  if (cooling === null) return { deploys: 'open', deploysReason: null, deploysUntil: null }
  return { deploys: 'cooling', deploysReason: cooling.message, deploysUntil: cooling.until }
}

/** Trading state as shown: a hold appears as a pause. */
function tradingOf(s: EngineState): Pick<DeskStatus, 'trading' | 'tradingReason' | 'pausedByHold'> {
  const [held] = s.holds.values()
  if (s.trading === 'running' && held !== undefined)
    return { trading: 'paused', tradingReason: held, pausedByHold: true }
  const tradingReason = s.trading === 'killed' ? s.killReason : (s.pause?.reason ?? null)
  return { trading: s.trading, tradingReason, pausedByHold: false }
}

/** Alerts that concern the whole desk, most severe first. */
function alertsOf(s: EngineState): string[] {
  const unsettled = [...s.unsettleable].map(
    (id) => `${id} in ${s.positions.get(id)?.slot} has no outcome: prices are missing; it may be voided by hand`,
  )
  const held = [...s.holds.values()].map((reason) => `entries are held: ${reason}`)
  return [...held, ...unsettled, ...feedAlerts(s)]
}

/** One alert per asset whose prices cannot be traded on, or a single one when the connection is down. */
function feedAlerts({ feed }: EngineState): string[] {
  if (!feed.connected) return [`the price feed is down: ${feed.detail}`]
  return feed.stale.map((name) => {
    const reasons = feed.problems.filter(({ asset }) => asset === name).map(({ reason }) => reason)
    return `no entries in ${name}: ${reasons.length > 0 ? reasons.join('; ') : feed.detail}`
  })
}

/** The desk's overall status. */
export function deskStatus(engine: Engine, runtime: Runtime, cooling: PolicyRefusal | null): DeskStatus {
  const s = engine.state
  return {
    ...runtime,
    ...tradingOf(s),
    alerts: alertsOf(s),
    ...deploysOf(engine, cooling),
    now: s.now,
    pnlToday: s.ledger.profitOn(s.now),
    feesToday: s.ledger.feesOn(s.now),
    atStake: totalAtRisk(s),
    stakeCap: s.caps.exposurePerAccount,
    cash: s.ledger.cash,
    lockedPayouts: s.ledger.locked,
    ledgerBalanced: s.ledger.balanced(),
    feedConnected: s.feed.connected,
  }
}
