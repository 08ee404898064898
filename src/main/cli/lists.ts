import { homeAt } from '../app/start/home.ts'
import type { ReadableDb } from '../db/db.ts'
import { openCurrent } from '../db/sound.ts'
import type { ExitCode } from './output.ts'
import { complain, EXIT, UsageError } from './output.ts'

export interface ListFlags {
  readonly home?: string
  readonly json?: boolean
}

/** Opens the home's database for reading, checked whole, hands it over, and closes it; says in one line what went wrong. */
export function reading(flags: ListFlags, work: (db: ReadableDb) => ExitCode): ExitCode {
  const { database } = homeAt(flags.home, undefined)
  const opened = openCurrent(database)
  if (!opened.ok) {
    complain(opened.error)
    return EXIT.failed
  }
  const db = opened.value
  try {
    return work(db)
  } catch (error) {
    if (error instanceof UsageError) throw error
    complain(`${database} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return EXIT.failed
  } finally {
    db.close()
  }
}
