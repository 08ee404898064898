import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { openReadOnly } from './database.ts'
import type { ReadableDb } from './db.ts'
import { MIGRATIONS } from './migrations.ts'

/** Why a database cannot be used, and what to do about it. */
export interface DatabaseFault {
  readonly message: string
  /** Null where the message is enough: no such file, or no permission. */
  readonly todo: string | null
}

/** Both as one line. */
export function faultText({ message, todo }: DatabaseFault): string {
  return todo === null ? message : `${message}: ${todo}`
}

/** A database that passed its integrity check, with its schema number, which may be an older one. */
export interface SoundDatabase {
  readonly db: ReadableDb
  readonly schema: number
}

/**
 * Opens baton.db for reading after checking all of it; every command that prints figures uses this. A file that is
 * damaged anywhere, or was written by a newer Baton, is refused.
 */
export function openSound(path: string): Result<SoundDatabase, DatabaseFault> {
  const opened = openReadOnly(path)
  const restore = `restore it from a backup beside it (${path}.before-…), or move it away`
  if (!opened.ok) return err({ message: opened.error, todo: null })
  const db = opened.value
  const refuse = (message: string, todo: string) => {
    db.close()
    return err({ message, todo })
  }
  try {
    const schema = Number(db.pragma('user_version', { simple: true }))
    if (schema > MIGRATIONS.length)
      return refuse(
        `${path} has schema ${schema} of a newer Baton, this one knows ${MIGRATIONS.length}`,
        'update Baton',
      )
    const found = String(db.pragma('integrity_check(1)', { simple: true }))
    if (found !== 'ok') return refuse(`${path} is damaged: ${found.replaceAll(/\s*\n\s*/g, ' ')}`, restore)
    return ok({ db, schema })
  } catch (error) {
    return refuse(`${path} is damaged: ${messageOf(error)}`, restore)
  }
}

/** Like `openSound`, but requires the newest schema; the error is one line that says what to do. */
export function openCurrent(path: string): Result<ReadableDb> {
  const opened = openSound(path)
  if (!opened.ok) return err(faultText(opened.error))
  const { db, schema } = opened.value
  if (schema === MIGRATIONS.length) return ok(db)
  db.close()
  return err(
    `${path} has schema ${schema}, this Baton reads ${MIGRATIONS.length}: start its desk once, which brings it up to date`,
  )
}
