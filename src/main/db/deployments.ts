import { DAY, type UnixMs, utcDay } from '../../shared/domain/time.ts'
import type { DeploymentRow, PolicyOverride } from '../../shared/ipc/contract.ts'
import type { Db } from './db.ts'
import { toDeployment } from './deployment-row.ts'

/** What discipline asks of the journal about deployments. Times in ms UTC. */

/** Deployments whose versions were on probation, or canaries, when the desk stopped. */
export function watchedDeployments(db: Db): DeploymentRow[] {
  const rows = db.prepare("SELECT * FROM deployments WHERE state IN ('probation', 'canary') ORDER BY rowid").all()
  return (rows as Record<string, unknown>[]).map((row) => toDeployment(db, row))
}

/** Hashes that a deployment of their own made live and that were kept; what a rollback brought back is not kept by it. */
export function keptVersions(db: Db): ReadonlySet<string> {
  const sql = "SELECT DISTINCT version FROM deployments WHERE state = 'kept' AND trigger <> 'rollback'"
  return new Set(db.prepare(sql).pluck().all() as string[])
}

/**
 * The version that a rollback without a target brings back: the last one kept before the live version was deployed. A
 * rollback does not count as a deployment of what it brought back, so that rolling back twice goes on backwards.
 * @returns its hash; undefined when no version was kept before
 */
export function versionBefore(db: Db, strategy: string, live: string): string | undefined {
  const deployed = db
    .prepare(
      `SELECT swapped_at AS at, rowid FROM deployments WHERE strategy = ? AND version = ? AND swapped_at IS NOT NULL
       AND trigger <> 'rollback' ORDER BY swapped_at DESC, rowid DESC LIMIT 1`,
    )
    .get(strategy, live) as { at: number; rowid: number } | undefined
  const kept = keptVersions(db)
  const earlier = db
    .prepare(
      `SELECT version FROM deployments WHERE strategy = @strategy AND version <> @live AND state = 'kept'
       AND (@at IS NULL OR swapped_at < @at OR (swapped_at = @at AND rowid < @rowid)) ORDER BY swapped_at DESC, rowid DESC`,
    )
    .pluck()
    .all({ strategy, live, at: deployed?.at ?? null, rowid: deployed?.rowid ?? null }) as string[]
  return earlier.find((hash) => kept.has(hash))
}

/** Automatic rollbacks of the last day that no person has answered with an unfreeze. */
export function recentRollbacks(db: Db, now: number): number {
  const sql = `SELECT count(*) FROM deployments WHERE state = 'rolled-back' AND ended_at > max(?,
    coalesce((SELECT max(ts) FROM commands WHERE kind = 'unfreeze' AND outcome = 'done'), 0))`
  return Number(
    db
      .prepare(sql)
      .pluck()
      .get(now - DAY),
  )
}

/** Versions that went live in the UTC day of `now` because somebody wanted so. */
export function deploymentsToday(db: Db, now: UnixMs): number {
  const sql = "SELECT count(*) FROM deployments WHERE swapped_at >= ? AND trigger IN ('save', 'reload')"
  return Number(db.prepare(sql).pluck().get(utcDay(now)))
}

/** Every override that ever made a version live, oldest first, by version. */
export function overridesByVersion(db: Db): Map<string, PolicyOverride[]> {
  const rows = db
    .prepare(
      `SELECT version, json_extract(policy, '$.policy.override') AS override FROM deployments
       WHERE swapped_at IS NOT NULL AND json_extract(policy, '$.policy.override') IS NOT NULL ORDER BY swapped_at`,
    )
    .all() as { version: string; override: string }[]
  const found = new Map<string, PolicyOverride[]>()
  for (const { version, override } of rows)
    found.set(version, [...(found.get(version) ?? []), JSON.parse(override) as PolicyOverride])
  return found
}

/** What the fault said that stopped a version; undefined where none did. */
export function stoppedBy(db: Db, hash: string): string | undefined {
  const sql = `SELECT message FROM events WHERE kind = 'fault' AND version = ? AND message NOT LIKE '% is stopped; %'
    ORDER BY seq DESC LIMIT 1`
  const message = db.prepare(sql).pluck().get(hash) as string | undefined
  // The event begins with the version's label.
  return message?.replace(/^[^:]* · [0-9a-f]+: /, '')
}

/** Why the newest deployment of a strategy that is over did not become live. */
export function lastReason(db: Db, strategy: string): string | undefined {
  const sql = 'SELECT reason FROM deployments WHERE strategy = ? AND reason IS NOT NULL ORDER BY rowid DESC LIMIT 1'
  return db.prepare(sql).pluck().get(strategy) as string | undefined
}
