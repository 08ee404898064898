import { assertNever } from '../../shared/domain/base.ts'
import type { JournalRecord, Order, Position } from '../../shared/domain/records.ts'
import type { EventRow } from '../../shared/ipc/desk-view.ts'
import type { WritableDb } from './db.ts'
import { count, UnreadableRow } from './rows.ts'
import { settingRow } from './settings.ts'
import type { Statements } from './statements.ts'
import { TradeBook } from './trades.ts'

const ENDED: ReadonlySet<Position['state']> = new Set(['resolved', 'closed'])

/** Writes the engine's records into their tables, within the transaction of its caller. */
export class RecordWriter {
  private readonly statements: Statements
  private readonly trades: TradeBook
  /** Number of the newest event that was written. */
  eventSeq: number

  constructor(db: WritableDb, statements: Statements) {
    this.statements = statements
    this.trades = new TradeBook(db)
    this.eventSeq = count(db, 'SELECT max(seq) FROM events')
  }

  /** @returns the row of an event; null for every other record */
  write(record: JournalRecord): EventRow | null {
    switch (record.t) {
      case 'intent':
        this.statements.run(INTENT, { ...record.order, postOnly: Number(record.order.postOnly) })
        return null
      case 'order':
        this.statements.run(ORDER, orderRow(record.order))
        return null
      case 'fill':
        this.statements.run(FILL, { ...record.fill })
        return null
      case 'position':
        this.statements.run(POSITION, positionRow(record.position))
        if (ENDED.has(record.position.state)) return this.keepTrade(record.position)
        if (record.reopened === true) this.trades.drop(record.position.id)
        return null
      case 'settlement':
        this.statements.run(
          'INSERT OR REPLACE INTO settlements VALUES (@windowId, @slot, @ts, @strike, @close, @payoutUp, @source, @market, @regime)',
          {
            ...record.settlement,
          },
        )
        return null
      case 'redemption': {
        const { windowId, askedAt, times, paidAt } = record
        this.statements.run('INSERT OR REPLACE INTO redemptions VALUES (?, ?, ?, ?)', [
          windowId,
          askedAt,
          times,
          paidAt,
        ])
        return null
      }
      case 'handoff':
        this.statements.run(
          'INSERT INTO handoffs VALUES (NULL, @ts, @deployment, @reason, @subject, @subjectId, @from, @to, @mark, @markSource)',
          { ...record.handoff },
        )
        return null
      case 'ledger':
        this.statements.run(
          'INSERT INTO ledger VALUES (NULL, @ts, @kind, @ref, @cash, @cost, @locked, @deposit, @realised, @fee, @voided)',
          {
            ...record.entry,
          },
        )
        return null
      case 'event': {
        const { event } = record
        const row: EventRow = {
          seq: ++this.eventSeq,
          ts: event.ts,
          level: event.level,
          kind: event.kind,
          slot: event.slot,
          message: event.message,
        }
        this.statements.run('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
          row.seq,
          row.ts,
          row.level,
          row.kind,
          row.slot,
          event.version,
          event.deployment,
          event.regime,
          event.market,
          row.message,
          event.detail,
        ])
        return row
      }
      case 'version':
        this.statements.run(
          `UPDATE versions SET state = @state, first_live_at = @firstLiveAt, decisions = @decisions, faults = @faults, tenure = @tenure
           WHERE hash = @hash`,
          { ...record.progress, tenure: JSON.stringify(record.progress.tenure) },
        )
        return null
      case 'live':
        this.statements.run('INSERT OR REPLACE INTO live VALUES (?, ?, ?)', [
          record.strategy,
          record.version,
          record.deployment,
        ])
        return null
      case 'state':
        this.statements.run('INSERT OR REPLACE INTO strategy_states VALUES (?, ?, ?, ?, ?)', [
          record.slot,
          record.strategy,
          record.version,
          record.revision,
          record.json,
        ])
        return null
      case 'draining':
        this.statements.run('INSERT OR REPLACE INTO kept_states VALUES (?, ?, ?, ?)', [
          record.version,
          record.slot,
          record.revision,
          record.json,
        ])
        return null
      case 'setting':
        this.statements.run('INSERT OR REPLACE INTO settings VALUES (?, ?, ?)', settingRow(record.setting))
        return null
      case 'trading':
        this.statements.run('UPDATE desk SET trading = ?, trading_reason = ?, trading_until = ?, flatten = ?', [
          record.state,
          record.reason,
          record.until,
          Number(record.flatten),
        ])
        return null
      case 'pause':
        if (record.reason === null)
          this.statements.run('DELETE FROM pauses WHERE subject = ? AND name = ?', [record.of, record.name])
        else
          this.statements.run('INSERT OR REPLACE INTO pauses VALUES (?, ?, ?)', [record.of, record.name, record.reason])
        return null
      case 'freeze':
        this.statements.run('UPDATE desk SET freeze_reason = ?, freeze_until = ?', [record.reason, record.until])
        return null
      case 'candle': {
        const { asset, frame, candle } = record
        this.statements.run('INSERT OR REPLACE INTO candles VALUES (?, ?, ?, ?, ?, ?, ?, ?)', [
          asset,
          frame,
          candle.openTime,
          candle.open,
          candle.high,
          candle.low,
          candle.close,
          candle.volume,
        ])
        return null
      }
      default:
        return assertNever(record)
    }
  }

  /** A trade is derived from orders and fills: one whose rows cannot be read must not keep the money from the journal. */
  private keepTrade({ id, slot, openedAt, settledAt, deployment, regime, market }: Position): EventRow | null {
    try {
      this.trades.keep(id)
      return null
    } catch (error) {
      if (!(error instanceof UnreadableRow)) throw error
      const message = `the trade of ${id} is missing in the records: ${error.message}, then "baton attribution --rebuild"`
      const tags = { slot, version: null, deployment, regime, market }
      const event = {
        ts: settledAt ?? openedAt,
        level: 'error',
        kind: 'alarm',
        ...tags,
        message,
        detail: null,
      } as const
      return this.write({ t: 'event', event })
    }
  }
}

function orderRow(order: Order): Record<string, unknown> {
  return { ...order, postOnly: Number(order.postOnly) }
}

function positionRow(position: Position): Record<string, unknown> {
  return { ...position }
}

const INTENT = `INSERT INTO intents VALUES (@id, @createdAt, @cycle, @slot, @windowId, @kind, @side, @limit, @stake, @quantity, @tif,
  @postOnly, @why, @version, @deployment, @regime, @market, @quote)`

const ORDER = `INSERT INTO orders VALUES (@id, @createdAt, @cycle, @slot, @windowId, @windowEnd, @kind, @side, @tif, @postOnly,
  @expiresAt, @limit, @stake, @quantity, @reserve, @positionId, @why, @state, @owner, @digest, @filledShares, @filledCost, @fee,
  @reason, @updatedAt, @version, @deployment, @regime, @market, @quote)
  ON CONFLICT (id) DO UPDATE SET state = excluded.state, owner = excluded.owner, digest = excluded.digest,
  filled_shares = excluded.filled_shares, filled_cost = excluded.filled_cost, fee = excluded.fee, reason = excluded.reason,
  updated_at = excluded.updated_at`

const FILL = `INSERT INTO fills VALUES (@id, @orderId, @positionId, @ts, @kind, @price, @shares, @cash, @fee, @version, @deployment,
  @regime, @market, @costSold, @state, @fateAt, @reason)
  ON CONFLICT (id) DO UPDATE SET state = excluded.state, fate_at = excluded.fate_at, reason = excluded.reason`

const POSITION = `INSERT INTO positions VALUES (@id, @slot, @windowId, @windowEnd, @side, @openedAt, @openedBy, @ownedBy, @state,
  @shares, @cost, @boughtShares, @boughtCost, @fees, @realised, @payout, @settledAt, @version, @deployment, @regime, @market)
  ON CONFLICT (id) DO UPDATE SET owned_by = excluded.owned_by, state = excluded.state, shares = excluded.shares,
  cost = excluded.cost, bought_shares = excluded.bought_shares, bought_cost = excluded.bought_cost, fees = excluded.fees,
  realised = excluded.realised, payout = excluded.payout, settled_at = excluded.settled_at`
