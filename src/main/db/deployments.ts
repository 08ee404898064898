import { z } from 'zod'
import type { DeploymentRow, PolicyOverride } from '../../shared/domain/deployments.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import { versionHashSchema } from '../../shared/domain/schemas.ts'
import { DAY, type UnixMs, utcDay } from '../../shared/domain/time.ts'
import type { ReadableDb } from './db.ts'
import { deploymentRows, diagnosticsColumn, overrideSchema } from './deployment-row.ts'
import { column, count, jsonColumn, type OnUnreadable, one, readable, value } from './rows.ts'

/** What discipline asks of the journal about deployments. Times in ms UTC. */

/**
 * Deployments whose versions were on probation, or canaries, when the desk stopped.
 * @param onUnreadable called for each that cannot be read; it is left out
 */
export function watchedDeployments(db: ReadableDb, onUnreadable: OnUnreadable): DeploymentRow[] {
  const sql = "SELECT * FROM deployments WHERE state IN ('probation', 'canary') ORDER BY rowid"
  return readable(db, deploymentRows(db), onUnreadable, sql)
}

/** Hashes that a deployment of their own made live and that were kept; what a rollback brought back is not kept by it. */
export function keptVersions(db: ReadableDb): ReadonlySet<VersionHash> {
  const sql = "SELECT DISTINCT version FROM deployments WHERE state = 'kept' AND trigger <> 'rollback'"
  return new Set(column(db, versionHashSchema, sql))
}

/**
 * The version that a rollback without a target brings back: the last one kept before the live version was deployed. A
 * rollback does not count as a deployment of what it brought back, so that rolling back twice goes on backwards.
 * @returns its hash; undefined when no version was kept before
 */
export function versionBefore(db: ReadableDb, strategy: string, live: string): VersionHash | undefined {
  const deployed = one(
    db,
    z.object({ at: z.number(), rowid: z.number() }),
    `SELECT swapped_at AS at, rowid FROM deployments WHERE strategy = ? AND version = ? AND swapped_at IS NOT NULL
     AND trigger <> 'rollback' ORDER BY swapped_at DESC, rowid DESC LIMIT 1`,
    strategy,
    live,
  )
  const kept = keptVersions(db)
  const earlier = column(
    db,
    versionHashSchema,
    `SELECT version FROM deployments WHERE strategy = @strategy AND version <> @live AND state = 'kept'
     AND (@at IS NULL OR swapped_at < @at OR (swapped_at = @at AND rowid < @rowid)) ORDER BY swapped_at DESC, rowid DESC`,
    { strategy, live, at: deployed?.at ?? null, rowid: deployed?.rowid ?? null },
  )
  return earlier.find((hash) => kept.has(hash))
}

/** Automatic rollbacks of the last day that no person has answered with an unfreeze. */
export function recentRollbacks(db: ReadableDb, now: number): number {
  const sql = `SELECT count(*) FROM deployments WHERE state = 'rolled-back' AND ended_at > max(?,
    coalesce((SELECT max(ts) FROM commands WHERE kind = 'unfreeze' AND outcome = 'done'), 0))`
  return count(db, sql, now - DAY)
}

/** Versions that went live in the UTC day of `now` because somebody wanted so. */
export function deploymentsToday(db: ReadableDb, now: UnixMs): number {
  const sql = "SELECT count(*) FROM deployments WHERE swapped_at >= ? AND trigger IN ('save', 'reload')"
  return count(db, sql, utcDay(now))
}

/** Every override that ever made a version live, oldest first, by version. */
export function overridesByVersion(db: ReadableDb, onUnreadable?: OnUnreadable): Map<string, PolicyOverride[]> {
  const rows = readable(
    db,
    z.object({ version: versionHashSchema, override: jsonColumn(overrideSchema) }),
    onUnreadable,
    `SELECT version, json_extract(policy, '$.policy.override') AS override FROM deployments
     WHERE swapped_at IS NOT NULL AND json_extract(policy, '$.policy.override') IS NOT NULL ORDER BY swapped_at`,
  )
  const found = new Map<string, PolicyOverride[]>()
  for (const { version, override } of rows) found.set(version, [...(found.get(version) ?? []), override])
  return found
}

/** What the fault said that stopped a version; undefined where none did. */
export function stoppedBy(db: ReadableDb, hash: string): string | undefined {
  const sql = "SELECT detail FROM events WHERE kind = 'fault' AND version = ? ORDER BY seq DESC LIMIT 1"
  return value(db, z.string().nullable(), sql, hash) ?? undefined
}

/** Reason and diagnostics of a strategy's newest deployment that has a reason; unreadable diagnostics are left out. */
export function lastWithReason(
  db: ReadableDb,
  strategy: string,
): Pick<DeploymentRow, 'reason' | 'diagnostics'> | undefined {
  const schema = z.object({ reason: z.string(), diagnostics: diagnosticsColumn.catch([]) })
  const sql =
    'SELECT reason, diagnostics FROM deployments WHERE strategy = ? AND reason IS NOT NULL ORDER BY rowid DESC LIMIT 1'
  return one(db, schema, sql, strategy)
}
