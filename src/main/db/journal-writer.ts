import { assertNever } from '../../shared/domain/base.ts'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { JournalRecord } from '../../shared/domain/records.ts'
import type { EventRow } from '../../shared/ipc/desk-view.ts'
import type { WritableDb } from './db.ts'
import type { CommitReport, JournalWrite, StoredVersion } from './journal-write.ts'
import { RecordWriter } from './record-writer.ts'
import { Statements } from './statements.ts'
import { SAVE_TRIAL } from './trials.ts'

const KEPT_SNAPSHOTS = 20
/** Kinds of records after which lists of versions, trades and deployments are other ones. */
const LISTED: ReadonlySet<JournalRecord['t']> = new Set(['version', 'live', 'position', 'handoff', 'settlement'])

/**
 * Writes the journal: each batch in one transaction, all of it or nothing. Synchronous on purpose: a transaction must not be
 * interleaved with anything. A desk runs it on a thread of its own (`journal-thread.ts`).
 */
export class JournalWriter {
  private readonly db: WritableDb
  private readonly statements: Statements
  private readonly records: RecordWriter

  constructor(db: WritableDb) {
    this.db = db
    this.statements = new Statements(db)
    this.records = new RecordWriter(db, this.statements)
  }

  /** Makes a batch durable; throws, with nothing written, where the database does not take it. */
  commit(batch: readonly JournalWrite[]): CommitReport {
    const events: EventRow[] = []
    const before = this.records.eventSeq
    try {
      this.db.transaction(() => {
        for (const one of batch) {
          const event = this.write(one)
          if (event !== null) events.push(event)
        }
      })()
    } catch (error) {
      this.records.eventSeq = before
      throw error
    }
    const listsChanged = batch.some((one) => one.w === 'deployment' || (one.w === 'record' && LISTED.has(one.record.t)))
    return { events, listsChanged }
  }

  private write(one: JournalWrite): EventRow | null {
    switch (one.w) {
      case 'record':
        return this.records.write(one.record)
      case 'version':
        return this.version(one.version)
      case 'deployment':
        return this.deployment(one.row, one.outgoingStates)
      case 'differences':
        // Where a candidate and the live version acted differently.
        this.statements.run('UPDATE deployments SET differences = ? WHERE id = ?', [
          JSON.stringify(one.differences),
          one.deployment,
        ])
        return null
      case 'shadow':
        return this.shadowTrades(one)
      case 'trial':
        // Every hash that was ever proved or replayed counts as a trial.
        this.statements.run(SAVE_TRIAL, { ...one.trial })
        return null
      case 'command': {
        const { ts, source, kind, body, outcome } = one
        const { id, outcome: verdict, message, code } = outcome
        this.statements.run('INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?, ?, ?)', [
          id,
          ts,
          source,
          kind,
          body,
          verdict,
          message,
          code,
        ])
        return null
      }
      case 'controlSeq':
        this.statements.run('UPDATE desk SET control_seq = ?', [one.seq])
        return null
      case 'botState':
        // A full snapshot of the desk; the newest few are kept.
        this.statements.run('INSERT INTO bot_state VALUES (NULL, ?, ?)', [one.ts, one.json])
        this.statements.run('DELETE FROM bot_state WHERE seq <= (SELECT max(seq) FROM bot_state) - ?', [KEPT_SNAPSHOTS])
        return null
      case 'browserSession':
        this.statements.run('INSERT INTO browser_sessions VALUES (?, ?, ?, NULL)', [one.hash, one.role, one.ts])
        return null
      case 'revokeSession':
        this.statements.run('UPDATE browser_sessions SET revoked_at = ? WHERE hash = ?', [one.ts, one.hash])
        return null
      default:
        return assertNever(one)
    }
  }

  /** Stores a version with its sources; one that is there already keeps its number. */
  private version(version: StoredVersion): null {
    this.statements.run(
      `INSERT OR IGNORE INTO versions (hash, strategy, number, label, api_version, manifest, bundle, source_map, state, created_at)
       VALUES (@hash, @strategy, @number, @label, @apiVersion, @manifest, @bundle, @sourceMap, 'candidate', @createdAt)`,
      { ...version, sources: undefined },
    )
    for (const { path, text } of version.sources)
      this.statements.run('INSERT OR IGNORE INTO version_sources VALUES (?, ?, ?)', [version.hash, path, text])
    return null
  }

  /**
   * Writes a deployment as it stands.
   * @param outgoingStates JSON of the states at the swap, for a rollback; null keeps those that are there
   */
  private deployment(row: DeploymentRow, outgoingStates: string | null): null {
    this.statements.run(
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
      this.statements.run(
        `INSERT OR REPLACE INTO shadow_trades VALUES (@deployment, @windowId, @version, @slot, @side, @openedAt, @settledAt, @shares,
           @cost, @fees, @pnl, @outcome, @regime, @why)`,
        { ...trade, deployment, version },
      )
    return null
  }
}
