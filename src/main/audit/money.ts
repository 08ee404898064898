import { auditAccounts, type ExpectedRow } from './accounts.ts'
import type { Books, FillRow, LedgerRow, Movement } from './books.ts'
import type { Report } from './finding.ts'

const COLUMNS: readonly (keyof Movement)[] = ['cash', 'cost', 'locked', 'deposit', 'realised', 'fee', 'voided']
const MICRO = 1_000_000

/** I10: every movement of money follows from a fill, a settlement or a reversal, and the account balances after each. */
export function auditMoney(books: Books, feeRatesPpm: readonly number[], report: Report): void {
  const expected = auditAccounts(books, report)
  auditLedger(books, expected, report)
  auditTotals(books, report)
  auditSettlements(books, report)
  auditFees(books, feeRatesPpm, report)
}

function auditLedger(books: Books, expected: readonly ExpectedRow[], report: Report): void {
  const open = new Map(expected.map((row) => [`${row.kind} ${row.ref}`, row]))
  const stage = new Map<string, number>()
  const total = { cost: 0, locked: 0 }
  let deposited = false
  for (const row of books.ledger) {
    const say = (message: string) => report('ledger', row.seq, message)
    const off = row.cash + row.cost + row.locked - (row.deposit + row.realised - row.fee - row.voided)
    if (off !== 0) say(`the account is out of balance by ${off} micro-USD after ${row.kind} ${row.ref}`)
    total.cost += row.cost
    total.locked += row.locked
    if (total.cost < 0 || total.locked < 0) say('cost of open positions or locked payouts are below nothing after it')
    if (row.kind === 'deposit') {
      auditDeposit(row, deposited, say)
      deposited = true
      continue
    }
    const key = `${row.kind} ${row.ref}`
    const wanted = open.get(key)
    open.delete(key)
    if (wanted === undefined) say(`${key} follows from no fill, settlement or reversal, or was booked before`)
    else auditMovement(row, wanted, stage, say)
  }
  if (!deposited && books.ledger.length > 0) report('ledger', 'all', 'nothing was ever deposited')
  for (const { kind, ref, source } of open.values())
    report(source.table, source.id, `the ledger has no row "${kind} ${ref}" for it`)
}

/** The account begins with one deposit; nothing else puts money in. */
function auditDeposit(row: LedgerRow, before: boolean, say: (message: string) => void): void {
  const pure =
    row.cash === row.deposit &&
    row.cost === 0 &&
    row.locked === 0 &&
    row.realised === 0 &&
    row.fee === 0 &&
    row.voided === 0
  if (!pure || row.deposit <= 0) say('a deposit moves cash in and nothing else')
  if (before) say('the account was opened before: a second deposit')
}

const ORDER_OF_LIFE: Readonly<Record<string, number>> = { buy: 1, sell: 1, resolve: 2, void: 2, redeem: 3 }

function auditMovement(
  row: LedgerRow,
  wanted: ExpectedRow,
  stage: Map<string, number>,
  say: (message: string) => void,
): void {
  for (const column of COLUMNS)
    if (row[column] !== wanted.movement[column])
      say(`${column} ${row[column]} for ${row.kind} ${row.ref}, it should be ${wanted.movement[column]}`)
  if (wanted.ts !== null && row.ts !== wanted.ts) say(`its time is not that of ${row.ref}`)
  // The chain may refuse a fill after its window was settled.
  if (row.kind === 'reverse') return
  const now = ORDER_OF_LIFE[row.kind] ?? 0
  if (now < (stage.get(wanted.position) ?? 0)) say(`${row.kind} of ${wanted.position} after its end`)
  stage.set(wanted.position, Math.max(now, stage.get(wanted.position) ?? 0))
}

/** The account's sums against those of the positions. */
function auditTotals(books: Books, report: Report): void {
  const ofLedger = (column: keyof Movement) => books.ledger.reduce((sum, row) => sum + row[column], 0)
  const positions = [...books.positions.values()]
  const compare = (column: keyof Movement, found: number) => {
    const booked = ofLedger(column)
    if (booked !== found) report('ledger', 'all', `${column} adds up to ${booked}, the positions to ${found}`)
  }
  compare(
    'cost',
    positions.reduce((sum, p) => sum + p.cost, 0),
  )
  compare(
    'locked',
    positions.reduce((sum, p) => sum + (p.state === 'resolved' ? (p.payout ?? 0) : 0), 0),
  )
  compare(
    'realised',
    positions.reduce((sum, p) => sum + p.realised, 0),
  )
  compare(
    'fee',
    positions.reduce((sum, p) => sum + p.fees, 0),
  )
}

/** Where Baton decides, a tie is Up; a venue decides by its own rules, and may split a window evenly. */
function auditSettlements(books: Books, report: Report): void {
  for (const row of books.settlements.values()) {
    const pays = row.close >= row.strike ? MICRO : 0
    if (row.market !== 'simulated') {
      if (![0, MICRO / 2, MICRO].includes(row.payout_up))
        report('settlements', row.window_id, `Up paid ${row.payout_up}, which is neither nothing, half nor all`)
    } else if (row.payout_up !== pays)
      report(
        'settlements',
        row.window_id,
        `Up paid ${row.payout_up}; close ${row.close} to strike ${row.strike} pays ${pays}`,
      )
    const start = Number(row.window_id.slice(row.window_id.lastIndexOf('-') + 1)) * 1_000
    if (row.ts <= start) report('settlements', row.window_id, 'it was settled before its window began')
  }
}

/** Taker fee in micro-USD: shares × rate × p(1 − p), rounded down to five decimals of a dollar. */
function feeOf(fill: FillRow, ratePpm: number): number {
  const one = BigInt(MICRO)
  const exact = (BigInt(fill.shares) * BigInt(ratePpm) * BigInt(fill.price) * (one - BigInt(fill.price))) / one ** 3n
  return Number(exact - (exact % 10n))
}

/** Fills that must agree on a rate before it counts as one that was configured earlier. */
const AGREEING = 5
/** A rate is configured in whole hundredths of a per cent. */
const RATE_STEP_PPM = 100

function auditFees(books: Books, rates: readonly number[], report: Report): void {
  const odd: FillRow[] = []
  for (const fill of books.fills) {
    const cash = Number((BigInt(fill.price) * BigInt(fill.shares)) / BigInt(MICRO))
    if (fill.cash !== cash) report('fills', fill.id, `cash ${fill.cash}, price times shares is ${cash}`)
    if (fill.id.includes('-m')) {
      if (fill.fee !== 0) report('fills', fill.id, `a maker pays no fee, this one paid ${fill.fee}`)
    } else if (!rates.some((rate) => feeOf(fill, rate) === fill.fee)) odd.push(fill)
  }
  // The rate is not stored with a fill: what several fills agree on was the configuration of their time.
  const earlier = [...Map.groupBy(odd, impliedRate)]
    .filter(([rate, fills]) => fills.filter((fill) => feeOf(fill, rate) === fill.fee).length >= AGREEING)
    .map(([rate]) => rate)
  for (const fill of odd)
    if (!earlier.some((rate) => feeOf(fill, rate) === fill.fee))
      report('fills', fill.id, `fee ${fill.fee}, the rule gives ${feeOf(fill, rates[0] ?? 0)}`)
}

function impliedRate(fill: FillRow): number {
  const perRate = (fill.shares / MICRO) * (fill.price / MICRO) * (1 - fill.price / MICRO)
  return perRate <= 0 ? 0 : Math.round(fill.fee / perRate / RATE_STEP_PPM) * RATE_STEP_PPM
}
