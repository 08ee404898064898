import { homeAt } from '../app/home.ts'
import { type Db, openReadOnly } from '../db/database.ts'
import { MIGRATIONS } from '../db/migrations.ts'
import type { ExitCode } from './output.ts'
import { complain, EXIT, UsageError } from './output.ts'

export interface ListFlags {
  readonly home?: string
  readonly json?: boolean
}

/** Opens the home's database for reading, hands it over, and closes it; says in one line what went wrong. */
export function reading(flags: ListFlags, work: (db: Db) => ExitCode): ExitCode {
  const { database } = homeAt(flags.home, undefined)
  const opened = openReadOnly(database)
  if (!opened.ok) {
    complain(opened.error)
    return EXIT.failed
  }
  const db = opened.value
  try {
    const schema = Number(db.pragma('user_version', { simple: true }))
    if (schema !== MIGRATIONS.length) {
      const what = schema < MIGRATIONS.length ? 'start its desk once, which brings it up to date' : 'update Baton'
      complain(`${database} has schema ${schema}, this Baton reads ${MIGRATIONS.length}: ${what}`)
      return EXIT.failed
    }
    return work(db)
  } catch (error) {
    if (error instanceof UsageError) throw error
    complain(`${database} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return EXIT.failed
  } finally {
    db.close()
  }
}
