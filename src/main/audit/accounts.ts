import type { Books, FillRow, Movement, PositionRow } from './books.ts'
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
  fees: number
  realised: number
  payout: number | null
}

/** Something that moved a position's shares or money, at its moment. */
type Moved =
  | { readonly what: 'fill' | 'failure'; readonly ts: number; readonly fill: FillRow }
  | { readonly what: 'outcome'; readonly ts: number }

/**
 * Works out every position from its fills, their fates and its settlement alone, compares it with its row, and returns the
 * ledger rows that must follow from them. Nothing is read from the ledger here, but the form of old rows.
 */
export function auditAccounts(books: Books, report: Report): ExpectedRow[] {
  const expected: ExpectedRow[] = []
  for (const position of books.positions.values()) {
    const account: Account = {
      shares: 0,
      cost: 0,
      fees: 0,
      realised: 0,
      payout: null,
    }
    const soldAt = new Map<string, number>()
    for (const moved of movesOf(books, position)) {
      if (moved.what === 'outcome') expected.push(...settle(books, position, account, report))
      else if (moved.what === 'failure') expected.push(reversal(moved.fill, account, soldAt.get(moved.fill.id) ?? 0))
      else if (moved.fill.kind === 'enter') expected.push(buy(account, moved.fill))
      else {
        const before = account.cost
        expected.push(sell(account, moved.fill))
        soldAt.set(moved.fill.id, before - account.cost)
      }
    }
    if (position.state === 'voided') expected.push(voided(position, account))
    compare(books, position, account, report)
  }
  return withOldReversals(books, expected)
}

/** What happened to a position, in order of time; a failure comes before what else happened in its millisecond. */
function movesOf(books: Books, position: PositionRow): Moved[] {
  const fills = books.fillsOfPosition.get(position.id) ?? []
  const moves: (Moved & { readonly rank: number })[] = fills.map((fill) => ({
    what: 'fill',
    ts: fill.ts,
    fill,
    rank: 1,
  }))
  for (const fill of fills)
    if (fill.state === 'failed') {
      const ts = fill.fate_at ?? fill.ts
      moves.push({ what: 'failure', ts, fill, rank: ts === fill.ts ? 2 : 0 })
    }
  // A position without an outcome is looked at after everything else.
  const resolved = position.state === 'resolved' || position.state === 'redeemed'
  const ts = resolved ? (position.settled_at ?? 0) : Number.POSITIVE_INFINITY
  moves.push({ what: 'outcome', ts, rank: 3 })
  return moves.toSorted((a, b) => (a.ts === b.ts ? a.rank - b.rank : a.ts - b.ts))
}

/** Before fills had fates of their own a failed order was reversed in one row that bears its name. */
function withOldReversals(books: Books, expected: readonly ExpectedRow[]): ExpectedRow[] {
  const old = new Set(
    books.ledger.flatMap((row) => (row.kind === 'reverse' && books.orders.has(row.ref) ? [row.ref] : [])),
  )
  if (old.size === 0) return [...expected]
  const orderOf = new Map(books.fills.map((fill) => [fill.id, fill.order_id]))
  const rows: ExpectedRow[] = []
  const sums = new Map<string, ExpectedRow>()
  for (const row of expected) {
    const order = row.kind === 'reverse' ? orderOf.get(row.ref) : undefined
    if (order === undefined || !old.has(order)) {
      rows.push(row)
      continue
    }
    const before = sums.get(order)
    const movement = before === undefined ? row.movement : add(before.movement, row.movement)
    sums.set(order, { ...row, ref: order, ts: null, movement })
  }
  return [...rows, ...sums.values()]
}

function add(a: Movement, b: Movement): Movement {
  return {
    cash: a.cash + b.cash,
    cost: a.cost + b.cost,
    locked: a.locked + b.locked,
    deposit: a.deposit + b.deposit,
    realised: a.realised + b.realised,
    fee: a.fee + b.fee,
    voided: a.voided + b.voided,
  }
}

function rowOf(fill: FillRow, kind: string, movement: Movement): ExpectedRow {
  const source = { table: 'fills', id: fill.id }
  return { kind, ref: fill.id, ts: fill.ts, movement, position: fill.position_id, source }
}

function buy(account: Account, fill: FillRow): ExpectedRow {
  account.shares += fill.shares
  account.cost += fill.cash
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

/**
 * A failed fill moves back what it moved. After the outcome a purchase gives back its part of the payout, and a sale gets
 * one.
 * @param sold cost that the sale took out
 */
function reversal(fill: FillRow, account: Account, sold: number): ExpectedRow {
  account.fees -= fill.fee
  const sign = fill.kind === 'enter' ? 1 : -1
  const cash = fill.kind === 'enter' ? fill.cash + fill.fee : fill.fee - fill.cash
  const shares = account.shares - sign * fill.shares
  let [cost, locked] = [0, 0]
  if (account.payout !== null) {
    const payout = account.shares === 0 ? 0 : mulDiv(account.payout, shares, account.shares)
    locked = payout - account.payout
    account.payout = shares === 0 ? null : payout
  } else if (fill.kind === 'exit') cost = sold
  else cost = -(shares === 0 || account.cost < fill.cash ? account.cost : fill.cash)
  const realised = cash - fill.fee + cost + locked
  account.shares = shares
  account.cost += cost
  account.realised += realised
  return {
    ...rowOf(fill, 'reverse', { ...NO_MOVEMENT, cash, cost, locked, realised, fee: -fill.fee }),
    ts: fill.fate_at,
  }
}

/** What the settlement of its window makes of the shares that are still held. */
function settle(books: Books, position: PositionRow, account: Account, report: Report): ExpectedRow[] {
  const settlement = books.settlements.get(position.window_id)
  if (account.shares <= 0 || settlement === undefined || position.state === 'voided') return []
  if (position.state === 'open' || position.state === 'ended') {
    // One with an unconfirmed fill waits for that.
    if (!hasUnconfirmed(books, position))
      report('positions', position.id, `its window is settled, but it is still ${position.state}`)
    return []
  }
  const estimated = settlement.close >= settlement.strike ? Number(MICRO) : 0
  // A venue decides by its own rules; what it paid is checked as a row of its own.
  const upPays = settlement.market === 'simulated' ? estimated : settlement.payout_up
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
  const bought = purchasesOf(books, position)
  check('bought shares', position.bought_shares, sumOf(bought, 'shares'))
  check('bought cost', position.bought_cost, sumOf(bought, 'cash'))
  check('fees', position.fees, account.fees)
  check('realised', position.realised, account.realised)
  check('payout', position.payout, account.payout)
  if (account.shares < 0) say('more shares were sold than bought')
  const { state } = position
  const resolved = state === 'resolved' || state === 'redeemed'
  if (resolved && account.payout === null) say(`it is ${state}, but its window has no settlement`)
  // A position that was sold whole is open until the chain has confirmed the sale.
  const unconfirmed = hasUnconfirmed(books, position)
  const over = account.shares === 0 && bought.length > 0 && !resolved
  if (unconfirmed && over && state !== 'closed') return
  if ((state === 'closed') !== over) say(`it is ${state}, with ${account.shares} shares left`)
  if ((position.settled_at === null) !== (state === 'open' || state === 'ended'))
    say(`it is ${state}, and settled_at is ${position.settled_at ?? 'not set'}`)
}

/** Purchases that a trade consists of: those that did not fail; where all did, all of them. */
function purchasesOf(books: Books, position: PositionRow): readonly FillRow[] {
  const all = (books.fillsOfPosition.get(position.id) ?? []).filter((fill) => fill.kind === 'enter')
  const standing = all.filter((fill) => fill.state !== 'failed')
  return standing.length === 0 ? all : standing
}

function sumOf(fills: readonly FillRow[], column: 'shares' | 'cash'): number {
  return fills.reduce((sum, fill) => sum + fill[column], 0)
}

function hasUnconfirmed(books: Books, position: PositionRow): boolean {
  return (books.fillsOfPosition.get(position.id) ?? []).some((fill) => fill.state === 'matched')
}
