import { messageOf } from '../../shared/domain/base.ts'
import type { Market } from '../../shared/domain/market.ts'
import { homeToRead } from '../app/start/home.ts'
import type { ReadableDb } from '../db/db.ts'
import { openCurrent } from '../db/sound.ts'
import type { ExitCode } from './output.ts'
import { EXIT, printError, UsageError } from './output.ts'

export interface ReadFlags {
  readonly home?: string
  readonly market?: Market
  readonly json?: boolean
}

/** Runs `work` on the home's database, opened read-only after an integrity check. Prints a failure as one line. */
export function readDatabase(flags: ReadFlags, work: (db: ReadableDb) => ExitCode): ExitCode {
  const { database } = homeToRead(flags)
  const opened = openCurrent(database)
  if (!opened.ok) {
    printError(opened.error)
    return EXIT.failed
  }
  const db = opened.value
  try {
    return work(db)
  } catch (error) {
    if (error instanceof UsageError) throw error
    printError(`${database} cannot be read: ${messageOf(error)}`)
    return EXIT.failed
  } finally {
    db.close()
  }
}
