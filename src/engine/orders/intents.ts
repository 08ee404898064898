import { assertNever, err, ok, type Result } from '../../shared/domain/base.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { IntentRefusal } from '../../shared/domain/intent-refusals.ts'
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
import { refusalText } from './refusal-text.ts'
import { type Approved, judgeEntry, judgeExit, minimumStake } from './risk.ts'

type Judged = Result<Approved<Order>, IntentRefusal>

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

/** Why an entry is refused, except for the caps; null when it is allowed. */
function entryRefusal(context: Context, slot: SlotState, version: VersionRecord): IntentRefusal | null {
  const { state } = context
  const { asset } = slot
  if (assignedVersion(state, slot) !== version) return { code: 'draining', label: version.label, slot: slot.id }
  if (state.trading === 'killed') return { code: 'killed', intent: 'enter', why: state.killReason ?? '' }
  if (state.trading === 'paused') return { code: 'paused', why: state.pause?.reason ?? '' }
  for (const why of state.holds.values()) return { code: 'held', why }
  if (slot.pause !== null) return { code: 'slot-paused', slot: slot.id, why: slot.pause.reason }
  const strategyPause = state.strategyPauses.get(version.strategy)
  if (strategyPause !== undefined)
    return { code: 'strategy-paused', strategy: version.strategy, why: strategyPause.reason }
  if (!slot.listed) return { code: 'unlisted', slot: slot.id }
  if (slot.window === null || state.now >= slot.window.end) return { code: 'window-over' }
  if (slot.strike === null) return { code: 'no-strike', slot: slot.id }
  if (!state.feed.connected) return { code: 'feed-down', why: state.feed.detail }
  if (state.feed.stale.includes(asset.asset))
    return { code: 'feed-down', why: feedProblemOf(state, asset.asset) ?? state.feed.detail }
  const age = state.now - asset.priceTs
  const { stalePriceMs: maxAgeMs } = state.config
  if (asset.price === 0 || age > maxAgeMs) return { code: 'stale-price', asset: asset.asset, ageMs: age, maxAgeMs }
  const held = positionIn(state, slot.window.id)
  if (held !== undefined) return { code: 'second-entry', position: held.id, state: held.state }
  const entry = workingOrders(state, slot.window.id).find((order) => order.kind === 'enter')
  if (entry !== undefined) return { code: 'second-entry', order: entry.id, state: entry.state }
  const pending = revocableFill(state, slot.window.id)
  if (pending !== undefined) return { code: 'second-entry', fill: pending.id }
  return null
}

function judgeEnter(context: Context, slot: SlotState, version: VersionRecord, intent: EnterIntent): Judged {
  const { state } = context
  if (!isPositive(intent.limit) || intent.limit >= 1) return err({ code: 'bad-limit', limit: intent.limit, tick: null })
  if (!isPositive(intent.stakeUsd)) return err({ code: 'bad-intent', field: 'stakeUsd', value: intent.stakeUsd })
  const refusal = entryRefusal(context, slot, version)
  if (refusal !== null) return err(refusal)
  const { listing } = slot
  if (listing === null) return err({ code: 'unlisted', slot: slot.id })
  const tick = slot.book?.tick ?? listing.tick
  const limit = onGrid(intent.limit, tick, 'enter')
  if (limit < tick || limit > MICRO - tick) return err({ code: 'bad-limit', limit: intent.limit, tick })
  if (quoteOf(slot.book, intent.side).ask === null && (intent.tif ?? 'FAK') !== 'GTC' && intent.tif !== 'GTD') {
    return err({ code: 'no-book', side: intent.side })
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

function readTiming(context: Context, intent: EnterIntent | ExitIntent): Result<Timing, IntentRefusal> {
  const tif = intent.tif ?? 'FAK'
  const postOnly = intent.postOnly ?? false
  if (postOnly && (tif === 'FAK' || tif === 'FOK')) return err({ code: 'bad-intent', field: 'postOnly' })
  if (tif === 'GTD' && !isPositive(intent.expiresInSec ?? 0)) return err({ code: 'bad-intent', field: 'expiresInSec' })
  const expiresAt = tif === 'GTD' ? unixMs(context.state.now + Math.round((intent.expiresInSec ?? 0) * SECOND)) : null
  return ok({ tif, postOnly, expiresAt })
}

function judgeExitIntent(context: Context, slot: SlotState, version: VersionRecord, intent: ExitIntent): Judged {
  const { state } = context
  if (state.trading === 'killed') return err({ code: 'killed', intent: 'exit', why: state.killReason ?? '' })
  if (!isPositive(intent.limit) || intent.limit >= 1) return err({ code: 'bad-limit', limit: intent.limit, tick: null })
  const position = slot.window === null ? undefined : positionIn(state, slot.window.id)
  if (position === undefined || position.state !== 'open')
    return err({ code: 'no-position', wanted: null, held: NO_SHARES })
  if (position.ownedBy !== version.hash) return err({ code: 'not-owner', position: position.id })
  const [working] = workingOrders(state, position.windowId)
  if (working !== undefined) return err({ code: 'order-open', order: working.id })
  const pending = revocableFill(state, position.windowId)
  if (pending !== undefined) return err({ code: 'order-open', fill: pending.id })
  const wanted =
    intent.shares === undefined ? position.shares : shares(Math.floor(Math.min(intent.shares, 1e9) * MICRO))
  const timing = readTiming(context, intent)
  if (!timing.ok) return timing
  if (slot.listing === null) return err({ code: 'unlisted', slot: slot.id })
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

function cancelOrder(context: Context, version: VersionRecord, intent: CancelIntent): Result<Order, IntentRefusal> {
  const order = [...context.state.orders.values()].find(({ id }) => id === intent.orderId)
  if (order === undefined || !isWorking(order)) return err({ code: 'no-order', order: intent.orderId })
  if (order.owner !== version.hash) return err({ code: 'not-owner', order: intent.orderId })
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

/** Journals a refusal once per version, code and window, so that repeated ones do not flood the log. */
function recordRefusal(context: Context, slot: SlotState, version: VersionRecord, refusal: IntentRefusal): string {
  const key = `${version.hash} ${refusal.code}`
  const text = refusalText(refusal)
  if (!slot.refusalsLogged.has(key)) {
    slot.refusalsLogged.add(key)
    logEvent(context, 'info', 'refused', `${refusal.code}: ${text}`, {
      slot: slot.id,
      version: version.hash,
      cause: refusal,
    })
  }
  // I12: entries are paused for a minute when a strategy exceeds the order rate.
  if (refusal.code === 'order-rate' && context.state.trading === 'running') {
    pauseEntries(context, text, plusMs(context.state.now, MINUTE))
  }
  return `refused, ${refusal.code}: ${text}`
}
