import type { Books, FillRow, Movement, OrderRow, PositionRow } from './books.ts'
import type { Report } from './finding.ts'

const MICRO = 1_000_000n

const NO_MOVEMENT: Movement = { cash: 0, cost: 0, locked: 0, deposit: 0, realised: 0, fee: 0, voided: 0 }

/** A ledger row that must be there, and the row it follows from. */
export interface ExpectedRow {
  readonly kind: string
  readonly ref: string
  readonly ts: number | null
  readonly movement: Movement
  readonly position: string
  readonly source: { readonly table: string; readonly id: string }
}

/** `floor(a × b / c)` of integers of any size. */
function mulDiv(a: number, b: number, c: number): number {
  return Number((BigInt(a) * BigInt(b)) / BigInt(c))
}

/** What fills, settlement and reversal make of a position. */
interface Account {
  shares: number
  cost: number
  boughtShares: number
  boughtCost: number
  fees: number
  realised: number
  payout: number | null
}

/**
 * Works out every position from its fills and its settlement alone, compares it with its row, and returns the ledger
 * rows that must follow from them. Nothing is read from the ledger here.
 */
export function auditAccounts(books: Books, report: Report): ExpectedRow[] {
  const expected: ExpectedRow[] = []
  for (const position of books.positions.values()) {
    const account: Account = {
      shares: 0,
      cost: 0,
      boughtShares: 0,
      boughtCost: 0,
      fees: 0,
      realised: 0,
      payout: null,
    }
    for (const order of ordersOf(books, position.id)) {
      const fills = (books.fillsOfPosition.get(position.id) ?? []).filter((fill) => fill.order_id === order.id)
      const before = { ...account }
      for (const fill of fills) expected.push(fill.kind === 'enter' ? buy(account, fill) : sell(account, fill))
      if (order.state === 'failed') expected.push(reversal(position, order, account, before))
    }
    expected.push(...settle(books, position, account, report))
    compare(books, position, account, report)
  }
  auditReversals(books, report)
  return expected
}

function rowOf(fill: FillRow, kind: string, movement: Movement): ExpectedRow {
  const source = { table: 'fills', id: fill.id }
  return { kind, ref: fill.id, ts: fill.ts, movement, position: fill.position_id, source }
}

function buy(account: Account, fill: FillRow): ExpectedRow {
  account.shares += fill.shares
  account.cost += fill.cash
  account.boughtShares += fill.shares
  account.boughtCost += fill.cash
  account.fees += fill.fee
  return rowOf(fill, 'buy', { ...NO_MOVEMENT, cash: -(fill.cash + fill.fee), cost: fill.cash, fee: fill.fee })
}

/** Cost leaves with the shares, rounded down; the last of them take what is left. */
function sell(account: Account, fill: FillRow): ExpectedRow {
  const whole = account.shares <= 0 || fill.shares === account.shares
  const sold = whole ? account.cost : mulDiv(account.cost, fill.shares, account.shares)
  account.shares -= fill.shares
  account.cost -= sold
  account.fees += fill.fee
  account.realised += fill.cash - sold
  const movement = {
    ...NO_MOVEMENT,
    cash: fill.cash - fill.fee,
    cost: -sold,
    realised: fill.cash - sold,
    fee: fill.fee,
  }
  return rowOf(fill, 'sell', movement)
}

/** A failed order moves back all that its fills moved; no other order of its window can have been filled meanwhile. */
function reversal(position: PositionRow, failed: OrderRow, account: Account, before: Account): ExpectedRow {
  const cost = account.cost - before.cost
  const realised = account.realised - before.realised
  const fee = account.fees - before.fees
  // What was ever bought stays on record; what is held, earned and paid is as it was.
  const { boughtShares, boughtCost } = account
  Object.assign(account, before, { boughtShares, boughtCost })
  const movement = { ...NO_MOVEMENT, cash: cost - realised + fee, cost: -cost, realised: -realised, fee: -fee }
  const source = { table: 'orders', id: failed.id }
  return { kind: 'reverse', ref: failed.id, ts: null, movement, position: position.id, source }
}

/** Orders that filled a position, in the order of their first fills. */
function ordersOf(books: Books, positionId: string): OrderRow[] {
  const ids = new Set((books.fillsOfPosition.get(positionId) ?? []).map((fill) => fill.order_id))
  return [...ids].flatMap((id) => books.orders.get(id) ?? [])
}

/** What the settlement of its window makes of the shares that are still held. */
function settle(books: Books, position: PositionRow, account: Account, report: Report): ExpectedRow[] {
  if (position.state === 'voided') return [voided(position, account)]
  const settlement = books.settlements.get(position.window_id)
  if (account.shares <= 0 || settlement === undefined) return []
  if (position.state === 'open' || position.state === 'ended') {
    report('positions', position.id, `its window is settled, but it is still ${position.state}`)
    return []
  }
  const upPays = settlement.close >= settlement.strike ? Number(MICRO) : 0
  const sharePays = position.side === 'up' ? upPays : Number(MICRO) - upPays
  const payout = mulDiv(account.shares, sharePays, Number(MICRO))
  const { cost } = account
  account.payout = payout
  account.realised += payout - cost
  account.cost = 0
  const of = { position: position.id, ref: position.id, source: { table: 'positions', id: position.id } }
  const gross = { ...NO_MOVEMENT, cost: -cost, locked: payout, realised: payout - cost }
  const rows: ExpectedRow[] = [{ ...of, kind: 'resolve', ts: position.settled_at, movement: gross }]
  if (position.state === 'redeemed')
    rows.push({ ...of, kind: 'redeem', ts: null, movement: { ...NO_MOVEMENT, cash: payout, locked: -payout } })
  return rows
}

/** What was still held when a person wrote it off has left for an account of its own, whatever its window came to later. */
function voided(position: PositionRow, account: Account): ExpectedRow {
  const { cost } = account
  account.cost = 0
  const movement = { ...NO_MOVEMENT, cost: -cost, voided: cost }
  const source = { table: 'positions', id: position.id }
  return { kind: 'void', ref: position.id, ts: position.settled_at, movement, position: position.id, source }
}

function compare(books: Books, position: PositionRow, account: Account, report: Report): void {
  const say = (message: string) => report('positions', position.id, message)
  const check = (what: string, stored: number | null, found: number | null) => {
    if (stored !== found) say(`${what} ${stored ?? 'none'}, its fills and settlement give ${found ?? 'none'}`)
  }
  check('shares', position.shares, account.shares)
  check('cost', position.cost, account.cost)
  check('bought shares', position.bought_shares, account.boughtShares)
  check('bought cost', position.bought_cost, account.boughtCost)
  check('fees', position.fees, account.fees)
  check('realised', position.realised, account.realised)
  check('payout', position.payout, account.payout)
  if (account.shares < 0) say('more shares were sold than bought')
  const { state } = position
  const resolved = state === 'resolved' || state === 'redeemed'
  if (resolved && account.payout === null) say(`it is ${state}, but its window has no settlement`)
  // A position that was sold whole is open until the chain has confirmed the sale.
  const unconfirmed = ordersOf(books, position.id).some(
    (order) => order.state === 'matched' || order.state === 'partial',
  )
  const over = account.shares === 0 && account.boughtShares > 0 && !resolved
  if (unconfirmed && over && state !== 'closed') return
  if ((state === 'closed') !== over) say(`it is ${state}, with ${account.shares} shares left`)
  if ((position.settled_at === null) !== (state === 'open' || state === 'ended'))
    say(`it is ${state}, and settled_at is ${position.settled_at ?? 'not set'}`)
}

/** The chain refused these: what their fills moved must have been moved back. */
function auditReversals(books: Books, report: Report): void {
  const booked = new Set(books.ledger.filter((row) => row.kind === 'reverse').map((row) => row.ref))
  for (const order of books.orders.values()) {
    if (order.state !== 'failed' || order.filled_shares === 0 || booked.has(order.id)) continue
    report(
      'orders',
      order.id,
      `its ${order.kind} failed on chain, but the money of its fills still stands in the books`,
    )
  }
}
