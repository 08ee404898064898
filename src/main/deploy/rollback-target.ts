import { err, ok, type Result } from '../../shared/domain/base.ts'
import { type Refusal, refusal } from '../../shared/domain/commands.ts'
import type { ReadableDb } from '../db/db.ts'
import { keptVersions, versionBefore } from '../db/deployments.ts'
import { findVersion } from '../db/queries.ts'
import type { StoredVersionRow } from '../db/tables.ts'

/**
 * The stored version that a rollback brings back; only a version that was once kept qualifies.
 * @param live hash of the version that is live now
 * @param to hash of the version asked for, or its first digits; undefined = the one kept before the live version
 */
export function rollbackTarget(
  db: ReadableDb,
  strategy: string,
  live: string,
  to: string | undefined,
): Result<StoredVersionRow, Refusal> {
  const target = to ?? versionBefore(db, strategy, live)
  if (target === undefined)
    return err(
      refusal(
        'unknown',
        `no version of ${strategy} was kept before what is live; name one that was ("baton versions" lists them)`,
      ),
    )
  const stored = findVersion(db, strategy, target)
  if (stored === undefined)
    return err(
      refusal('unknown', `no single version of ${strategy} has a hash beginning with ${target}; see "baton versions"`),
    )
  if (stored.hash === live) return err(refusal('no-effect', `${stored.label} is live already`))
  if (!keptVersions(db).has(stored.hash))
    return err(
      refusal(
        'never',
        `${stored.label} was never kept, so it cannot be rolled back to: deploy it (reload --hash ${stored.hash.slice(0, 12)} --stored), with every check and its proof`,
      ),
    )
  return ok(stored)
}
