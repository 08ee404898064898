import type { Owner } from '../../shared/domain/ids.ts'
import { MICRO, mulDivFloor, NO_USD, usd } from '../../shared/domain/money.ts'
import type { SettledTrade, TradePart } from '../../shared/domain/trade.ts'
import type { ReadableDb, WritableDb, WriteStatement } from './db.ts'
import { readMeta } from './meta.ts'
import { all, each, one } from './rows.ts'
import {
  type EndedPosition,
  endedPosition,
  type FillOfTrade,
  fillOfTrade,
  type HandoffOfTrade,
  handoffOfTrade,
  storedTrade,
} from './trade-row.ts'

const COLUMNS = `t.position, t.strategy, t.slot, t.window_id AS windowId, t.side, t.opened_at AS openedAt, t.settled_at AS settledAt,
  t.shares, t.cost, t.fees, t.pnl, t.sold, t.opened_by AS openedBy, t.settled_under AS settledUnder, t.deployment, t.regime,
  t.market, t.why, t.latency_ms AS latencyMs, t.quote, t.parts, s.payout_up AS payoutUp`

/**
 * A position that has ended, joined from the journal's other tables. A window's outcome may become known
 * after the position was sold, so it is joined when trades are read.
 */
const TRADE = `SELECT p.id AS position, coalesce(v.strategy, 'desk') AS strategy, p.slot, p.window_id AS windowId, p.side,
    p.opened_at AS openedAt, p.settled_at AS settledAt, p.bought_shares AS shares, p.bought_cost AS cost, p.fees,
    p.realised - p.fees AS pnl, p.payout, p.state = 'closed' AS sold, p.opened_by AS openedBy, p.owned_by AS settledUnder,
    p.deployment, p.regime, p.market, coalesce(o.why, '') AS why, p.opened_at - coalesce(o.created_at, p.opened_at) AS latencyMs,
    i.quote
  FROM positions p LEFT JOIN versions v ON v.hash = p.opened_by
  LEFT JOIN orders o ON o.id = (SELECT order_id FROM fills WHERE position_id = p.id ORDER BY rowid LIMIT 1)
  LEFT JOIN intents i ON i.id = o.id
  WHERE p.settled_at IS NOT NULL AND p.state IN ('resolved', 'redeemed', 'closed')
  -- What the chain took back whole was no trade.
  AND EXISTS (SELECT 1 FROM fills f WHERE f.position_id = p.id AND f.kind = 'enter' AND f.state <> 'failed')`

/**
 * Splits a trade's profit among its owners: each gets what cash moved while it owned it, plus what it was worth when it
 * gave it away, less what it was worth when it got it. Worth is shares × mark; where a handoff has no mark it is what the
 * shares cost, so that whoever holds it on bears all that comes of it. The parts add up to the profit exactly.
 * @returns null where it never changed its owner
 */
export function partsOf(
  opener: Owner,
  firstOwner: Owner,
  fills: readonly FillOfTrade[],
  handoffs: readonly HandoffOfTrade[],
  payout: number,
): TradePart[] | null {
  if (handoffs.length === 0 && opener === firstOwner) return null
  const parts: TradePart[] = opener === firstOwner ? [] : [{ owner: opener, pnl: NO_USD }]
  let [next, shares, cost, worth] = [0, 0, 0, 0]
  let owner = firstOwner
  const flowsUntil = (ts: number): number => {
    let flows = 0
    for (let fill = fills[next]; fill !== undefined && fill.ts <= ts; fill = fills[++next]) {
      if (fill.kind === 'enter') {
        flows -= fill.cash + fill.fee
        shares += fill.shares
        cost += fill.cash
      } else {
        flows += fill.cash - fill.fee
        cost -= shares === fill.shares ? cost : mulDivFloor(cost, fill.shares, shares)
        shares -= fill.shares
      }
    }
    return flows
  }
  for (const { ts, to_owner: to, mark } of handoffs) {
    const flows = flowsUntil(ts)
    const then = mark === null ? cost : mulDivFloor(shares, mark, MICRO)
    parts.push({ owner, pnl: usd(flows + then - worth) })
    worth = then
    owner = to
  }
  parts.push({ owner, pnl: usd(flowsUntil(Number.POSITIVE_INFINITY) + payout - worth) })
  return parts
}

const FILLS = `SELECT ts, kind, shares, cash, fee FROM fills WHERE position_id = ? AND state <> 'failed' ORDER BY rowid`

const HANDOFFS = `SELECT ts, from_owner, to_owner, mark FROM handoffs WHERE subject = 'position' AND subject_id = ? ORDER BY seq`

const INSERT = `INSERT OR IGNORE INTO trades VALUES (@position, @strategy, @slot, @windowId, @side, @openedAt, @settledAt, @shares,
  @cost, @fees, @pnl, @sold, @openedBy, @settledUnder, @deployment, @regime, @market, @why, @latencyMs, @quote, @parts)`

/** Totals by version, so that figures that are always shown need not read every trade. */
const ADD_UP = `INSERT INTO version_totals VALUES (@openedBy, 1, @pnl > 0, @pnl, @fees, min(1, (@cost + @fees) * 1.0 / @shares))
  ON CONFLICT (version) DO UPDATE SET trades = trades + 1, wins = wins + excluded.wins, pnl = pnl + excluded.pnl,
    fees = fees + excluded.fees, evens = evens + excluded.evens`

const TAKE_OFF = `UPDATE version_totals SET trades = trades - 1, wins = wins - (@pnl > 0), pnl = pnl - @pnl, fees = fees - @fees,
  evens = evens - min(1, (@cost + @fees) * 1.0 / @shares) WHERE version = @openedBy`

const REWRITTEN = `INSERT INTO meta VALUES ('trades rewritten', '1')
  ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1`

/** How many stored trades have been removed or replaced; see `TradeBook.drop`. */
export function timesRewritten(db: ReadableDb): number {
  return Number(readMeta(db, 'trades rewritten') ?? 0)
}

/** The table of trades: written as positions settle, and rebuilt from the rest of the journal on demand. */
export class TradeBook {
  private readonly db: WritableDb
  private readonly insert: WriteStatement
  private readonly written: WriteStatement
  private readonly addUp: WriteStatement

  constructor(db: WritableDb) {
    this.db = db
    this.insert = db.prepare(INSERT)
    this.written = db.prepare('SELECT opened_by AS openedBy, pnl, fees, cost, shares FROM trades WHERE position = ?')
    this.addUp = db.prepare(ADD_UP)
  }

  /**
   * Stores a position's trade in the transaction that ends it; does nothing for a position without a standing purchase. An earlier
   * trade of the position is replaced: a fill can fail after settlement.
   */
  keep(position: string): void {
    this.drop(position)
    const row = one(this.db, endedPosition, `${TRADE} AND p.id = ?`, position)
    if (row !== undefined) this.write(row)
  }

  /** Removes the trade of a position that is open again. */
  drop(position: string): void {
    const before = this.written.get(position)
    if (before === undefined) return
    this.db.prepare(TAKE_OFF).run(before)
    this.db.prepare('DELETE FROM trades WHERE position = ?').run(position)
    // Readers that cache trades must reload them.
    this.db.prepare(REWRITTEN).run()
  }

  /** Rebuilds the whole table. @returns how many trades there are */
  rebuild(): number {
    return this.db.transaction(() => {
      this.db.exec('DELETE FROM trades; DELETE FROM version_totals')
      const rows = all(this.db, endedPosition, `${TRADE} ORDER BY p.settled_at, p.rowid`)
      for (const row of rows) this.write(row)
      return rows.length
    })()
  }

  private write({ payout, sold, ...row }: EndedPosition): void {
    const handoffs = all(this.db, handoffOfTrade, HANDOFFS, row.position)
    // Most positions are never handed over; their fills need not be read.
    const first = handoffs[0]?.from_owner ?? row.settledUnder
    const fills = handoffs.length === 0 && first === row.openedBy ? [] : all(this.db, fillOfTrade, FILLS, row.position)
    const parts = partsOf(row.openedBy, first, fills, handoffs, payout ?? 0)
    const { changes } = this.insert.run({
      ...row,
      sold: Number(sold),
      parts: parts === null ? null : JSON.stringify(parts),
    })
    if (changes > 0) this.addUp.run({ ...row })
  }
}

/** Columns and source of `storedTrade`. */
export const STORED_TRADES = `t.rowid AS row, ${COLUMNS} FROM trades t LEFT JOIN settlements s ON s.window_id = t.window_id`

/**
 * Trades in settlement order, each with its row number, after which a later call can continue.
 * @param after a row number; 0 = from the first
 */
export function readTrades(
  db: ReadableDb,
  after = 0,
): Generator<{ readonly row: number; readonly trade: SettledTrade }> {
  return each(db, storedTrade, `SELECT ${STORED_TRADES} WHERE t.rowid > ? ORDER BY t.rowid`, after)
}

/** The same of trades that shadows would have made. */
export const STORED_SHADOW_TRADES = `t.rowid AS row, t.deployment || ' ' || t.window_id AS position, v.strategy, t.slot, t.window_id AS windowId, t.side,
    t.opened_at AS openedAt, t.settled_at AS settledAt, t.shares, t.cost, t.fees, t.pnl, 0 AS sold, t.version AS openedBy,
    t.version AS settledUnder, t.deployment, t.regime, 'shadow' AS market, t.why, 0 AS latencyMs, NULL AS quote, NULL AS parts,
    CASE t.outcome WHEN 'up' THEN 1000000 WHEN 'down' THEN 0 END AS payoutUp
  FROM shadow_trades t JOIN versions v ON v.hash = t.version WHERE t.settled_at IS NOT NULL`

/** Trades of shadows, in the same form: their market is `shadow`, and they are never mixed with others. */
export function readShadowTrades(
  db: ReadableDb,
  after = 0,
): Generator<{ readonly row: number; readonly trade: SettledTrade }> {
  return each(db, storedTrade, `SELECT ${STORED_SHADOW_TRADES} AND t.rowid > ? ORDER BY t.rowid`, after)
}
