import { invariant } from '../shared/domain/base.ts'
import { allows, step, type TriggerOf } from '../shared/domain/lifecycles.ts'
import {
  addShares,
  addUsd,
  MICRO,
  mulDivFloor,
  NO_SHARES,
  NO_USD,
  type Price,
  price,
  subShares,
  subUsd,
  type Usd,
  usd,
} from '../shared/domain/money.ts'
import type { Fill, Order, OrderId, Owner, Position, PositionId, Tags, TimeInForce } from '../shared/domain/records.ts'
import type { Side } from '../shared/domain/slots.ts'
import type { UnixMs } from '../shared/domain/time.ts'
import type { OrderReport } from './events.ts'
import { negative } from './ledger.ts'
import { type Approved, reserveFor } from './risk.ts'
import { type Context, isWorking, quoteOf, record, type SlotState, say, slotOf } from './state.ts'
import { countTrade } from './stint.ts'

/** What an intent asks for, once read and put on the market's grid. */
export interface OrderRequest {
  readonly slot: SlotState
  readonly kind: 'enter' | 'exit'
  readonly side: Side
  readonly limit: Price
  readonly stake: Usd
  readonly quantity: Order['quantity']
  readonly tif: TimeInForce
  readonly postOnly: boolean
  readonly expiresAt: UnixMs | null
  readonly position: Position | null
  readonly owner: Owner
  readonly tags: Tags
  readonly why: string
}

/** A buyer's limit goes down to the grid, a seller's up: neither ever gets a worse price than was asked. */
export function onGrid(limit: number, tick: Price, kind: 'enter' | 'exit'): Price {
  const micro = Math.round(limit * MICRO)
  const steps = kind === 'enter' ? Math.floor(micro / tick) : Math.ceil(micro / tick)
  return price(Math.min(MICRO, Math.max(0, steps * tick)))
}

/** Makes the order; it is nothing until it is approved and registered. */
export function draftOrder(c: Context, request: OrderRequest): Order {
  const { s } = c
  const window = request.slot.window
  invariant(window !== null, `no window in ${request.slot.slot.id}`)
  return {
    ...request.tags,
    id: `O-${s.nextOrder}` as OrderId,
    createdAt: s.now,
    cycle: s.cycle,
    slot: request.slot.slot.id,
    windowId: request.position?.windowId ?? window.id,
    windowEnd: request.position?.windowEnd ?? window.end,
    kind: request.kind,
    side: request.side,
    tif: request.tif,
    postOnly: request.postOnly,
    expiresAt: request.expiresAt,
    limit: request.limit,
    stake: request.stake,
    quantity: request.quantity,
    reserve: request.kind === 'enter' ? reserveFor(request.stake, request.limit, s.config.feeRatePpm) : NO_USD,
    positionId: request.position?.id ?? null,
    why: request.why,
    quote: quoteOf(request.slot.book, request.side)[request.kind === 'enter' ? 'ask' : 'bid']?.price ?? null,
    state: 'intent',
    owner: request.owner,
    digest: null,
    filledShares: NO_SHARES,
    filledCost: NO_USD,
    costSold: NO_USD,
    fee: NO_USD,
    reason: null,
    updatedAt: s.now,
  }
}

/** Takes an approved order into the books and asks for it to be sent: intent first (I3). */
export function registerOrder(c: Context, order: Approved<Order>): void {
  c.s.nextOrder++
  c.s.orders.set(order.id, order)
  c.s.rate.add(c.s.now)
  slotOf(c.s, order.slot).changed = true
  record(c, { t: 'intent', order: { ...order } })
  record(c, { t: 'order', order: { ...order } })
  c.out.push({ kind: 'place', order })
}

function advance(c: Context, order: Order, trigger: TriggerOf<'order'>, reason: string | null = null): void {
  order.state = step('order', order.state, trigger)
  order.updatedAt = c.s.now
  if (reason !== null) order.reason = reason
}

/** Applies what is said of an order. A report for a final order is journaled and ignored: reports may repeat. */
export function applyReport(c: Context, orderId: OrderId, report: OrderReport): void {
  const order = c.s.orders.get(orderId)
  if (order === undefined) {
    say(c, 'warn', 'order', `report "${report.type}" for order ${orderId}, which is final or unknown, was ignored`)
    return
  }
  slotOf(c.s, order.slot).changed = true
  switch (report.type) {
    case 'signed':
      advance(c, order, 'sign')
      order.digest = report.digest
      break
    case 'submitted':
      advance(c, order, 'submit')
      break
    case 'refused':
      advance(c, order, 'refuse', report.reason)
      say(c, 'warn', 'refused', `${order.id} did not leave: ${report.reason}`, { slot: order.slot })
      break
    case 'delayed':
      advance(c, order, 'delay')
      break
    case 'open':
      advance(c, order, 'rest')
      break
    case 'fill':
      applyFill(c, order, report)
      break
    case 'done':
      finish(c, order, report.reason)
      break
    case 'rejected':
      advance(c, order, 'reject', report.reason)
      countRejected(c, order)
      say(c, 'warn', 'rejected', `${order.id} was rejected by the venue: ${report.reason}`, { slot: order.slot })
      break
    case 'confirmed':
      advance(c, order, 'confirm')
      closeSoldOut(c, order)
      break
    case 'failed':
      reverse(c, order, report.reason)
      break
    case 'unknown':
      advance(c, order, 'lose', report.reason)
      say(c, 'warn', 'unknown', `fate of ${order.id} is unknown: ${report.reason}; the venue is asked`, {
        slot: order.slot,
      })
      break
  }
  record(c, { t: 'order', order: { ...order } })
  dropFinal(c, order)
}

function countRejected(c: Context, { version }: Order): void {
  const stint = version === 'desk' ? undefined : c.s.versions.get(version)?.stint
  if (stint !== undefined) stint.rejected++
}

/** Nothing more will be filled. */
function finish(c: Context, order: Order, reason: string | null): void {
  if (order.filledShares > 0) {
    // The last fill left it `partial`: what was filled stands.
    advance(c, order, allows('order', order.state, 'fill') ? 'fill' : 'cancel', reason)
    return
  }
  advance(c, order, 'cancel', reason)
  if (reason !== null) say(c, 'info', 'unfilled', `${order.id} got nothing: ${reason}`, { slot: order.slot })
}

function dropFinal(c: Context, order: Order): void {
  if (
    order.state === 'cancelled' ||
    order.state === 'rejected' ||
    order.state === 'confirmed' ||
    order.state === 'failed'
  ) {
    c.s.orders.delete(order.id)
  }
}

type FillReport = Extract<OrderReport, { type: 'fill' }>

function applyFill(c: Context, order: Order, report: FillReport): void {
  advance(c, order, 'fillPart')
  order.filledShares = addShares(order.filledShares, report.shares)
  order.filledCost = addUsd(order.filledCost, report.cash)
  order.fee = addUsd(order.fee, report.fee)
  const position = order.kind === 'enter' ? bought(c, order, report) : sold(c, order, report)
  const tags: Tags = {
    version: order.version,
    deployment: order.deployment,
    regime: order.regime,
    market: order.market,
  }
  const fill: Fill = {
    ...tags,
    id: report.fillId,
    orderId: order.id,
    positionId: position.id,
    ts: c.s.now,
    kind: order.kind,
    price: report.price,
    shares: report.shares,
    cash: report.cash,
    fee: report.fee,
  }
  record(c, { t: 'fill', fill })
  record(c, { t: 'position', position: { ...position } })
}

function bought(c: Context, order: Order, fill: FillReport): Position {
  const { s } = c
  let position = [...s.positions.values()].find((p) => p.windowId === order.windowId)
  if (position === undefined) {
    position = {
      version: order.version,
      deployment: order.deployment,
      regime: order.regime,
      market: order.market,
      id: `P-${s.nextPosition++}` as PositionId,
      slot: order.slot,
      windowId: order.windowId,
      windowEnd: order.windowEnd,
      side: order.side,
      openedAt: s.now,
      openedBy: order.version,
      ownedBy: order.owner,
      state: 'open',
      shares: NO_SHARES,
      cost: NO_USD,
      boughtCost: NO_USD,
      boughtShares: NO_SHARES,
      fees: NO_USD,
      realised: NO_USD,
      payout: null,
      settledAt: null,
    }
    s.positions.set(position.id, position)
    const heir = s.orphanedByFault.get(order.id)
    if (heir !== undefined) s.orphanedByFault.set(position.id, heir)
  }
  invariant(position.side === order.side, `I2: ${order.id} bought the other side of ${order.windowId}`)
  position.shares = addShares(position.shares, fill.shares)
  position.cost = addUsd(position.cost, fill.cash)
  position.boughtShares = addShares(position.boughtShares, fill.shares)
  position.boughtCost = addUsd(position.boughtCost, fill.cash)
  position.fees = addUsd(position.fees, fill.fee)
  const cash = negative(addUsd(fill.cash, fill.fee))
  record(c, { t: 'ledger', entry: s.ledger.post(s.now, 'buy', fill.fillId, { cash, cost: fill.cash, fee: fill.fee }) })
  return position
}

function sold(c: Context, order: Order, fill: FillReport): Position {
  const { s } = c
  const position = order.positionId === null ? undefined : s.positions.get(order.positionId)
  invariant(position !== undefined, `exit ${order.id} filled without its position`)
  // The cost goes with the shares; the last of them takes what rounding left.
  const costSold =
    fill.shares === position.shares ? position.cost : usd(mulDivFloor(position.cost, fill.shares, position.shares))
  const profit = subUsd(fill.cash, costSold)
  position.shares = subShares(position.shares, fill.shares)
  position.cost = subUsd(position.cost, costSold)
  position.fees = addUsd(position.fees, fill.fee)
  position.realised = addUsd(position.realised, profit)
  const movement = { cash: subUsd(fill.cash, fill.fee), cost: negative(costSold), realised: profit, fee: fill.fee }
  record(c, { t: 'ledger', entry: s.ledger.post(s.now, 'sell', fill.fillId, movement) })
  order.costSold = addUsd(order.costSold, costSold)
  return position
}

/** A position that was sold whole is over once the chain has confirmed the sale: until then it may come back. */
function closeSoldOut(c: Context, order: Order): void {
  const position = order.positionId === null ? undefined : c.s.positions.get(order.positionId)
  if (order.kind !== 'exit' || position === undefined || position.shares > 0 || position.state === 'resolved') return
  end(c, position, 'close')
}

function end(c: Context, position: Position, trigger: 'close' | 'reverse'): void {
  position.state = step('position', position.state, trigger)
  position.settledAt = c.s.now
  c.s.positions.delete(position.id)
  record(c, { t: 'position', position: { ...position } })
  // What the chain took back was no trade.
  if (trigger === 'close') countTrade(c.s, position)
}

/**
 * The chain refused a matched trade: what it moved is moved back. Nothing else can have happened to the position since,
 * because no order of a window is taken while an earlier one is unconfirmed.
 */
function reverse(c: Context, order: Order, reason: string): void {
  advance(c, order, 'fail', reason)
  // Before what comes of it: a position that ends by it was no trade.
  record(c, { t: 'order', order: { ...order } })
  say(c, 'error', 'reversed', `${order.id} failed after matching and was reversed: ${reason}`, {
    slot: order.slot,
    version: order.version === 'desk' ? null : order.version,
  })
  const position = [...c.s.positions.values()].find((p) => p.windowId === order.windowId)
  invariant(
    position !== undefined && position.state !== 'resolved',
    `${order.id} was reversed after its window was settled: the books need a person`,
  )
  const movement = order.kind === 'enter' ? unbuy(position, order) : unsell(position, order)
  position.fees = subUsd(position.fees, order.fee)
  record(c, {
    t: 'ledger',
    entry: c.s.ledger.post(c.s.now, 'reverse', order.id, { ...movement, fee: negative(order.fee) }),
  })
  if (position.shares === 0) return end(c, position, 'reverse')
  record(c, { t: 'position', position: { ...position } })
}

function unbuy(position: Position, order: Order): { cash: Usd; cost: Usd } {
  position.shares = subShares(position.shares, order.filledShares)
  position.cost = subUsd(position.cost, order.filledCost)
  return { cash: addUsd(order.filledCost, order.fee), cost: negative(order.filledCost) }
}

function unsell(position: Position, order: Order): { cash: Usd; cost: Usd; realised: Usd } {
  const profit = subUsd(order.filledCost, order.costSold)
  position.shares = addShares(position.shares, order.filledShares)
  position.cost = addUsd(position.cost, order.costSold)
  position.realised = subUsd(position.realised, profit)
  return { cash: subUsd(order.fee, order.filledCost), cost: order.costSold, realised: negative(profit) }
}

/** Asks for every working order to be cancelled; those that have not left are refused by the gate. */
export function cancelAll(c: Context, only: (order: Order) => boolean = () => true): number {
  let asked = 0
  for (const order of c.s.orders.values()) {
    if (!isWorking(order) || !only(order) || order.state === 'intent' || order.state === 'signed') continue
    c.out.push({ kind: 'cancel', orderId: order.id })
    asked++
  }
  return asked
}
