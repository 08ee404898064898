import { assertNever, err, ok, type Result } from '../../shared/domain/base.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import { MICRO, NO_SHARES, NO_USD, type Price, shares, usd } from '../../shared/domain/money.ts'
import type { Order, Position, Tags } from '../../shared/domain/records.ts'
import { MINUTE, plusMs, SECOND, unixMs } from '../../shared/domain/time.ts'
import { pauseEntries } from '../commands/trading.ts'
import { quoteOf } from '../quotes.ts'
import type { SlotState, VersionRecord } from '../slot-state.ts'
import { type Context, feedProblemOf, isWorking, logEvent, positionIn, revocableFill, workingOrders } from '../state.ts'
import type { CancelIntent, EnterIntent, ExitIntent } from '../strategy-api/baton.ts'
import { assignedVersion } from '../versions/assignment.ts'
import { canaryStake } from './canary-stake.ts'
import { exposureFor } from './exposure.ts'
import { draftOrder, type OrderRequest, onGrid, registerOrder } from './orders.ts'
import { type Approved, judgeEntry, judgeExit, minimumStake, type Refusal, refuse } from './risk.ts'

type Judged = Result<Approved<Order>, Refusal>

function tagsOf(context: Context, slot: SlotState, version: VersionRecord): Tags {
  return {
    version: version.hash,
    deployment: version.deployment,
    regime: slot.asset.regime ?? 'unknown',
    market: context.state.config.market,
  }
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0
}

function unlistedRefusal(slot: SlotState): Refusal {
  return { reason: 'unlisted', message: `${slot.id} is not listed by this feed or venue` }
}

/** Why an entry is refused, except for the caps; null when it is allowed. */
function entryRefusal(context: Context, slot: SlotState, version: VersionRecord): Refusal | null {
  const { state } = context
  const refusal = (reason: Refusal['reason'], message: string): Refusal => ({ reason, message })
  const { asset } = slot
  if (assignedVersion(state, slot) !== version)
    return refusal('draining', `${version.label} only manages its open positions and orders in ${slot.id}`)
  if (state.trading === 'killed') return refusal('killed', `trading is killed: ${state.killReason ?? ''}`)
  if (state.trading === 'paused') return refusal('paused', `entries are paused: ${state.pause?.reason ?? ''}`)
  for (const reason of state.holds.values()) return refusal('held', `entries are held: ${reason}`)
  if (slot.pause !== null) return refusal('slot-paused', `${slot.id} is paused: ${slot.pause.reason}`)
  const strategyPause = state.strategyPauses.get(version.strategy)
  if (strategyPause !== undefined)
    return refusal('strategy-paused', `${version.strategy} is paused: ${strategyPause.reason}`)
  if (!slot.listed) return unlistedRefusal(slot)
  if (slot.window === null || state.now >= slot.window.end) return refusal('window-over', 'the window is over')
  if (slot.strike === null)
    return refusal('no-strike', `the price at the start of this window of ${slot.id} is not known`)
  if (!state.feed.connected) return refusal('feed-down', `price feed: ${state.feed.detail}`)
  if (state.feed.stale.includes(asset.asset))
    return refusal('feed-down', `price feed: ${feedProblemOf(state, asset.asset) ?? state.feed.detail}`)
  const age = state.now - asset.priceTs
  if (asset.price === 0 || age > state.config.stalePriceMs) {
    return refusal(
      'stale-price',
      `last price of ${asset.asset} is ${age} ms old, allowed ${state.config.stalePriceMs} ms`,
    )
  }
  const held = positionIn(state, slot.window.id)
  if (held !== undefined) return refusal('second-entry', `a position is already ${held.state} in this window`)
  const entry = workingOrders(state, slot.window.id).find((order) => order.kind === 'enter')
  if (entry !== undefined) return refusal('second-entry', `entry ${entry.id} is already ${entry.state} in this window`)
  const pending = revocableFill(state, slot.window.id)
  if (pending !== undefined) return refusal('second-entry', `fill ${pending.id} of this window is not confirmed yet`)
  return null
}

function judgeEnter(context: Context, slot: SlotState, version: VersionRecord, intent: EnterIntent): Judged {
  const { state } = context
  if (!isPositive(intent.limit) || intent.limit >= 1)
    return refuse('bad-limit', `limit ${intent.limit} is not between 0 and 1`)
  if (!isPositive(intent.stakeUsd)) return refuse('bad-intent', `stakeUsd ${intent.stakeUsd} is not a positive number`)
  const refusal = entryRefusal(context, slot, version)
  if (refusal !== null) return err(refusal)
  const { listing } = slot
  if (listing === null) return err(unlistedRefusal(slot))
  const tick = slot.book?.tick ?? listing.tick
  const limit = onGrid(intent.limit, tick, 'enter')
  if (limit < tick || limit > MICRO - tick)
    return refuse('bad-limit', `limit ${intent.limit} is outside the price grid of ${tick / MICRO}`)
  if (quoteOf(slot.book, intent.side).ask === null && (intent.tif ?? 'FAK') !== 'GTC' && intent.tif !== 'GTD') {
    return refuse('no-book', `no offers for ${intent.side} in this window now`)
  }
  const timing = readTiming(context, intent)
  if (!timing.ok) return timing
  // The venue takes cash in whole cents. The bound keeps micro-USD a safe integer; such a stake exceeds every cap.
  const wanted = usd(Math.floor(Math.min(intent.stakeUsd, 1e9) * 100 + 1e-9) * 10_000)
  const canary = version.state === 'canary' ? state.canaries.get(version.strategy) : undefined
  const request: OrderRequest = {
    slot,
    kind: 'enter',
    side: intent.side,
    limit,
    stake: canary === undefined ? wanted : canaryStake(canary, wanted, minimumStake(limit, listing)),
    quantity: NO_SHARES,
    ...timing.value,
    position: null,
    owner: version.hash,
    tags: tagsOf(context, slot, version),
    why: intent.why,
  }
  const order = draftOrder(context, request)
  const exposure = exposureFor(state, slot.asset.asset, order.windowId)
  return judgeEntry(order, exposure, state.rate.within(state.now), listing, state.caps)
}

type Timing = Pick<OrderRequest, 'tif' | 'postOnly' | 'expiresAt'>

function readTiming(context: Context, intent: EnterIntent | ExitIntent): Result<Timing, Refusal> {
  const tif = intent.tif ?? 'FAK'
  const postOnly = intent.postOnly ?? false
  if (postOnly && (tif === 'FAK' || tif === 'FOK')) return refuse('bad-intent', 'postOnly needs tif GTC or GTD')
  if (tif === 'GTD' && !isPositive(intent.expiresInSec ?? 0)) return refuse('bad-intent', 'tif GTD needs expiresInSec')
  const expiresAt = tif === 'GTD' ? unixMs(context.state.now + Math.round((intent.expiresInSec ?? 0) * SECOND)) : null
  return ok({ tif, postOnly, expiresAt })
}

function judgeExitIntent(context: Context, slot: SlotState, version: VersionRecord, intent: ExitIntent): Judged {
  const { state } = context
  if (state.trading === 'killed') return refuse('killed', 'trading is killed; only the desk may reduce positions')
  if (!isPositive(intent.limit) || intent.limit >= 1)
    return refuse('bad-limit', `limit ${intent.limit} is not between 0 and 1`)
  const position = slot.window === null ? undefined : positionIn(state, slot.window.id)
  if (position === undefined || position.state !== 'open')
    return refuse('no-position', 'there is no open position in this window')
  if (position.ownedBy !== version.hash) return refuse('not-owner', `${position.id} is not owned by this version`)
  if (workingOrders(state, position.windowId).length > 0)
    return refuse('order-open', 'another order of this window is still open')
  const pending = revocableFill(state, position.windowId)
  if (pending !== undefined) return refuse('order-open', `fill ${pending.id} of this window is not confirmed yet`)
  const wanted =
    intent.shares === undefined ? position.shares : shares(Math.floor(Math.min(intent.shares, 1e9) * MICRO))
  const timing = readTiming(context, intent)
  if (!timing.ok) return timing
  if (slot.listing === null) return err(unlistedRefusal(slot))
  const limit = onGrid(intent.limit, slot.book?.tick ?? slot.listing.tick, 'exit')
  return judgeExit(
    draftExit(
      context,
      slot,
      position,
      limit,
      version.hash,
      tagsOf(context, slot, version),
      wanted,
      timing.value,
      intent.why,
    ),
    position.shares,
  )
}

function draftExit(
  context: Context,
  slot: SlotState,
  position: Position,
  limit: Price,
  owner: VersionHash | 'desk',
  tags: Tags,
  quantity: Order['quantity'],
  timing: Timing,
  why: string,
): Order {
  return draftOrder(context, {
    slot,
    kind: 'exit',
    side: position.side,
    limit,
    stake: NO_USD,
    quantity,
    ...timing,
    position,
    owner,
    tags,
    why,
  })
}

/** Sells a whole position at any bid on behalf of the desk, after `kill … flatten` or `close`. */
export function flattenPosition(context: Context, slot: SlotState, position: Position, why: string): void {
  if (revocableFill(context.state, position.windowId) !== undefined || position.shares === 0) return
  if (workingOrders(context.state, position.windowId).length > 0 || quoteOf(slot.book, position.side).bid === null)
    return
  if (slot.listing === null) return
  const tick = slot.book?.tick ?? slot.listing.tick
  const tags: Tags = {
    version: position.version,
    deployment: position.deployment,
    regime: position.regime,
    market: position.market,
  }
  const timing: Timing = { tif: 'FAK', postOnly: false, expiresAt: null }
  const order = judgeExit(
    draftExit(context, slot, position, tick, 'desk', tags, position.shares, timing, why),
    position.shares,
  )
  if (order.ok) registerOrder(context, order.value)
}

function cancelOrder(context: Context, version: VersionRecord, intent: CancelIntent): Result<Order, Refusal> {
  const order = [...context.state.orders.values()].find(({ id }) => id === intent.orderId)
  if (order === undefined || !isWorking(order)) return refuse('no-order', `order ${intent.orderId} is not open`)
  if (order.owner !== version.hash) return refuse('not-owner', `order ${intent.orderId} is not owned by this version`)
  return ok(order)
}

/**
 * Turns one intent into an order, a cancellation or a journaled refusal.
 * @returns the reason to display
 */
export function applyIntent(
  context: Context,
  slot: SlotState,
  version: VersionRecord,
  intent: EnterIntent | ExitIntent | CancelIntent,
): string {
  if (intent.kind === 'cancel') {
    const found = cancelOrder(context, version, intent)
    if (!found.ok) return recordRefusal(context, slot, version, found.error)
    context.effects.push({ kind: 'cancel', orderId: found.value.id })
    return intent.why
  }
  const judged = judgeOrder(context, slot, version, intent)
  if (!judged.ok) return recordRefusal(context, slot, version, judged.error)
  registerOrder(context, judged.value)
  return intent.why
}

function judgeOrder(
  context: Context,
  slot: SlotState,
  version: VersionRecord,
  intent: EnterIntent | ExitIntent,
): Judged {
  switch (intent.kind) {
    case 'enter':
      return judgeEnter(context, slot, version, intent)
    case 'exit':
      return judgeExitIntent(context, slot, version, intent)
    default:
      return assertNever(intent)
  }
}

/** Journals a refusal once per version, reason and window, so that repeated ones do not flood the log. */
function recordRefusal(context: Context, slot: SlotState, version: VersionRecord, refusal: Refusal): string {
  const key = `${version.hash} ${refusal.reason}`
  if (!slot.refusalsLogged.has(key)) {
    slot.refusalsLogged.add(key)
    logEvent(context, 'info', 'refused', `${refusal.reason}: ${refusal.message}`, {
      slot: slot.id,
      version: version.hash,
    })
  }
  // I12: entries are paused for a minute when a strategy exceeds the order rate.
  if (refusal.reason === 'order-rate' && context.state.trading === 'running') {
    pauseEntries(context, refusal.message, plusMs(context.state.now, MINUTE))
  }
  return `refused, ${refusal.reason}: ${refusal.message}`
}
