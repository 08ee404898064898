import { assertNever } from '../../shared/domain/base.ts'
import type { CommandOutcome, CommandSource } from '../../shared/domain/commands.ts'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { JournalRecord, Order, Position } from '../../shared/domain/records.ts'
import type { ReplayTrade } from '../../shared/domain/replays.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { EventRow } from '../../shared/ipc/desk-view.ts'
import type { BrowserRole } from './browser-sessions.ts'
import type { WritableDb, WriteStatement } from './db.ts'
import { count } from './rows.ts'
import { settingRow } from './settings.ts'
import { TradeBook } from './trades.ts'
import { SAVE_TRIAL, type Trial } from './trials.ts'

/** Everything that is ever written down, as plain data: it crosses to the journal's thread. */
export type JournalWrite =
  | { readonly w: 'record'; readonly record: JournalRecord }
  | { readonly w: 'version'; readonly version: StoredVersion }
  /** @see JournalWriter.deployment */
  | { readonly w: 'deployment'; readonly row: DeploymentRow; readonly outgoingStates: string | null }
  | { readonly w: 'differences'; readonly deployment: string; readonly differences: readonly DecisionDifference[] }
  | {
      readonly w: 'shadow'
      readonly deployment: string
      readonly version: string
      readonly trades: readonly ReplayTrade[]
    }
  | { readonly w: 'trial'; readonly trial: Trial }
  | {
      readonly w: 'command'
      readonly ts: UnixMs
      readonly source: CommandSource
      readonly kind: string
      readonly body: string
      readonly outcome: CommandOutcome
    }
  | { readonly w: 'controlSeq'; readonly seq: number }
  | { readonly w: 'botState'; readonly ts: UnixMs; readonly json: string }
  /** A browser signed in; the hash is of its token. */
  | { readonly w: 'browserSession'; readonly hash: string; readonly role: BrowserRole; readonly ts: UnixMs }
  | { readonly w: 'revokeSession'; readonly hash: string; readonly ts: UnixMs }

/** What a transaction wrote that somebody shows. */
export interface CommitReport {
  readonly events: readonly EventRow[]
  /** Versions, positions or deployments changed: their lists are out of date. */
  readonly listsChanged: boolean
}

/** What is stored of a version besides how far it has come. */
export interface StoredVersion {
  readonly hash: VersionHash
  readonly strategy: string
  readonly number: number
  readonly label: string
  readonly apiVersion: number
  readonly manifest: string
  readonly bundle: string
  readonly sourceMap: string
  readonly createdAt: UnixMs
  readonly sources: readonly { readonly path: string; readonly text: string }[]
}

const KEPT_SNAPSHOTS = 20
/** States in which what a position came to is known. */
const ENDED: ReadonlySet<Position['state']> = new Set(['resolved', 'closed'])

/** Kinds of records after which lists of versions, trades and deployments are other ones. */
const LISTED: ReadonlySet<JournalRecord['t']> = new Set(['version', 'live', 'position', 'handoff', 'settlement'])

/**
 * Writes the journal: each batch in one transaction, all of it or nothing. Synchronous on purpose: a transaction must not be
 * interleaved with anything. A desk runs it on a thread of its own (`journal-thread.ts`).
 */
export class JournalWriter {
  private readonly db: WritableDb
  private readonly prepared = new Map<string, WriteStatement>()
  private readonly trades: TradeBook
  private eventSeq: number

  constructor(db: WritableDb) {
    this.db = db
    this.trades = new TradeBook(db)
    this.eventSeq = count(db, 'SELECT max(seq) FROM events')
  }

  /** Makes a batch durable; throws, with nothing written, where the database does not take it. */
  commit(batch: readonly JournalWrite[]): CommitReport {
    const events: EventRow[] = []
    const before = this.eventSeq
    try {
      this.db.transaction(() => {
        for (const one of batch) {
          const event = this.write(one)
          if (event !== null) events.push(event)
        }
      })()
    } catch (error) {
      this.eventSeq = before
      throw error
    }
    const listsChanged = batch.some((one) => one.w === 'deployment' || (one.w === 'record' && LISTED.has(one.record.t)))
    return { events, listsChanged }
  }

  private run(sql: string, values: Readonly<Record<string, unknown>> | readonly unknown[]): void {
    let statement = this.prepared.get(sql)
    if (statement === undefined) {
      statement = this.db.prepare(sql)
      this.prepared.set(sql, statement)
    }
    if (Array.isArray(values)) statement.run(...values)
    else statement.run(values)
  }

  private write(one: JournalWrite): EventRow | null {
    switch (one.w) {
      case 'record':
        return this.record(one.record)
      case 'version':
        return this.version(one.version)
      case 'deployment':
        return this.deployment(one.row, one.outgoingStates)
      case 'differences':
        // Where a candidate and the live version acted differently.
        this.run('UPDATE deployments SET differences = ? WHERE id = ?', [
          JSON.stringify(one.differences),
          one.deployment,
        ])
        return null
      case 'shadow':
        return this.shadowTrades(one)
      case 'trial':
        // Every hash that was ever proved or replayed counts as a trial.
        this.run(SAVE_TRIAL, { ...one.trial })
        return null
      case 'command': {
        const { ts, source, kind, body, outcome } = one
        const { id, outcome: verdict, message } = outcome
        this.run('INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?, ?)', [id, ts, source, kind, body, verdict, message])
        return null
      }
      case 'controlSeq':
        this.run('UPDATE desk SET control_seq = ?', [one.seq])
        return null
      case 'botState':
        // A full snapshot of the desk; the newest few are kept.
        this.run('INSERT INTO bot_state VALUES (NULL, ?, ?)', [one.ts, one.json])
        this.run('DELETE FROM bot_state WHERE seq <= (SELECT max(seq) FROM bot_state) - ?', [KEPT_SNAPSHOTS])
        return null
      case 'browserSession':
        this.run('INSERT INTO browser_sessions VALUES (?, ?, ?, NULL)', [one.hash, one.role, one.ts])
        return null
      case 'revokeSession':
        this.run('UPDATE browser_sessions SET revoked_at = ? WHERE hash = ?', [one.ts, one.hash])
        return null
      default:
        return assertNever(one)
    }
  }

  private record(record: JournalRecord): EventRow | null {
    switch (record.t) {
      case 'intent':
        this.run(INTENT, { ...record.order, postOnly: Number(record.order.postOnly) })
        return null
      case 'order':
        this.run(ORDER, orderRow(record.order))
        return null
      case 'fill':
        this.run(FILL, { ...record.fill })
        return null
      case 'position':
        this.run(POSITION, positionRow(record.position))
        if (ENDED.has(record.position.state)) this.trades.keep(record.position.id)
        else if (record.reopened === true) this.trades.drop(record.position.id)
        return null
      case 'settlement':
        this.run(
          'INSERT OR REPLACE INTO settlements VALUES (@windowId, @slot, @ts, @strike, @close, @payoutUp, @source, @market, @regime)',
          {
            ...record.settlement,
          },
        )
        return null
      case 'redemption': {
        const { windowId, askedAt, times, paidAt } = record
        this.run('INSERT OR REPLACE INTO redemptions VALUES (?, ?, ?, ?)', [windowId, askedAt, times, paidAt])
        return null
      }
      case 'handoff':
        this.run(
          'INSERT INTO handoffs VALUES (NULL, @ts, @deployment, @reason, @subject, @subjectId, @from, @to, @mark, @markSource)',
          { ...record.handoff },
        )
        return null
      case 'ledger':
        this.run(
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
        this.run('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
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
        this.run(
          `UPDATE versions SET state = @state, first_live_at = @firstLiveAt, decisions = @decisions, faults = @faults, tenure = @tenure
           WHERE hash = @hash`,
          { ...record.progress, tenure: JSON.stringify(record.progress.tenure) },
        )
        return null
      case 'live':
        this.run('INSERT OR REPLACE INTO live VALUES (?, ?, ?)', [record.strategy, record.version, record.deployment])
        return null
      case 'state':
        this.run('INSERT OR REPLACE INTO strategy_states VALUES (?, ?, ?, ?, ?)', [
          record.slot,
          record.strategy,
          record.version,
          record.revision,
          record.json,
        ])
        return null
      case 'draining':
        this.run('INSERT OR REPLACE INTO kept_states VALUES (?, ?, ?, ?)', [
          record.version,
          record.slot,
          record.revision,
          record.json,
        ])
        return null
      case 'setting':
        this.run('INSERT OR REPLACE INTO settings VALUES (?, ?, ?)', settingRow(record.setting))
        return null
      case 'trading':
        this.run('UPDATE desk SET trading = ?, trading_reason = ?, trading_until = ?, flatten = ?', [
          record.state,
          record.reason,
          record.until,
          Number(record.flatten),
        ])
        return null
      case 'pause':
        if (record.reason === null)
          this.run('DELETE FROM pauses WHERE subject = ? AND name = ?', [record.of, record.name])
        else this.run('INSERT OR REPLACE INTO pauses VALUES (?, ?, ?)', [record.of, record.name, record.reason])
        return null
      case 'freeze':
        this.run('UPDATE desk SET freeze_reason = ?, freeze_until = ?', [record.reason, record.until])
        return null
      case 'candle': {
        const { asset, frame, candle } = record
        this.run('INSERT OR REPLACE INTO candles VALUES (?, ?, ?, ?, ?, ?, ?, ?)', [
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

  /** Stores a version with its sources; one that is there already keeps its number. */
  private version(version: StoredVersion): null {
    this.run(
      `INSERT OR IGNORE INTO versions (hash, strategy, number, label, api_version, manifest, bundle, source_map, state, created_at)
       VALUES (@hash, @strategy, @number, @label, @apiVersion, @manifest, @bundle, @sourceMap, 'candidate', @createdAt)`,
      { ...version, sources: undefined },
    )
    for (const { path, text } of version.sources)
      this.run('INSERT OR IGNORE INTO version_sources VALUES (?, ?, ?)', [version.hash, path, text])
    return null
  }

  /**
   * Writes a deployment as it stands.
   * @param outgoingStates JSON of the states at the swap, for a rollback; null keeps those that are there
   */
  private deployment(row: DeploymentRow, outgoingStates: string | null): null {
    this.run(
      `INSERT INTO deployments VALUES (@id, @strategy, @version, @from, @trigger, @by, @state, @startedAt, @endedAt, @steps, @reason,
         @diagnostics, @saveToLiveMs, @swapMs, @swappedAt, @handoffs, @outgoingStates, @proof, NULL, @policy)
       ON CONFLICT (id) DO UPDATE SET by = excluded.by, version = excluded.version, from_version = excluded.from_version, state = excluded.state,
         ended_at = excluded.ended_at, steps = excluded.steps, reason = excluded.reason, diagnostics = excluded.diagnostics,
         save_to_live_ms = excluded.save_to_live_ms, swap_ms = excluded.swap_ms, swapped_at = excluded.swapped_at,
         handoffs = excluded.handoffs, proof = excluded.proof, policy = excluded.policy, outgoing_states = coalesce(excluded.outgoing_states, outgoing_states)`,
      {
        ...row,
        version: row.version?.hash ?? null,
        from: row.from?.hash ?? null,
        steps: JSON.stringify(row.steps),
        diagnostics: JSON.stringify(row.diagnostics),
        proof: row.proof === null ? null : JSON.stringify(row.proof),
        policy: JSON.stringify({
          policy: row.policy,
          probation: row.probation,
          shadow: row.shadow,
          canary: row.canary,
        }),
        outgoingStates,
      },
    )
    return null
  }

  /** Trades of a shadow: paper fills of a version that is not live. */
  private shadowTrades({ deployment, version, trades }: Extract<JournalWrite, { w: 'shadow' }>): null {
    for (const trade of trades)
      this.run(
        `INSERT OR REPLACE INTO shadow_trades VALUES (@deployment, @windowId, @version, @slot, @side, @openedAt, @settledAt, @shares,
           @cost, @fees, @pnl, @outcome, @regime, @why)`,
        { ...trade, deployment, version },
      )
    return null
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
