import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { err, messageOf, ok, type Result } from '../../../shared/domain/base.ts'
import { mergeWal } from '../../db/database.ts'
import { FileLock } from '../../db/file-lock.ts'
import type { Home } from './home.ts'

/** Files and folders of a market's own; strategies, token and settings stay in the root for every market. */
const OWN = /^(baton\.db(\.before-\d+)?|run-\d+\.db(-wal|-shm)?|control\.json|status\.json|tape|logs)$/
const DATABASE = 'baton.db'
/** Held by a desk; it stays in the root. */
const LOCK = 'desk.lock'

/**
 * Moves a home of an earlier build, which lies in the root itself, into the folder of the simulated market, where all of them
 * traded. Each entry is renamed by itself and the database last, so that a move that broke off is completed by the next start.
 * @returns an error, with nothing moved, while a desk runs there or if its journal cannot be closed
 */
export function moveOldHome(home: Home): Result<void> {
  if (home.market !== 'simulated' || home.folder === home.root || entriesOf(home).length === 0) return ok(undefined)
  const lock = FileLock.take(join(home.root, LOCK))
  if (lock === null)
    return err(`another desk runs in ${home.root}; stop it, or give this one its own folder with --home`)
  try {
    return move(home)
  } catch (error) {
    return err(`the home in ${home.root} cannot be moved to ${home.folder}: ${messageOf(error)}`)
  } finally {
    lock.release()
  }
}

/** Entries still to be moved; none in a folder where no desk of an earlier build ran. */
function entriesOf({ root }: Home): string[] {
  if (!existsSync(join(root, DATABASE)) && !existsSync(join(root, LOCK))) return []
  const entries = readdirSync(root).filter((name) => OWN.test(name))
  return entries.toSorted((a, b) => Number(a === DATABASE) - Number(b === DATABASE))
}

function move(home: Home): Result<void> {
  const { root, folder } = home
  const database = join(root, DATABASE)
  if (existsSync(database)) {
    if (existsSync(home.database))
      return err(`both ${database} and ${home.database} exist: move one of them away; nothing was changed`)
    // The database must be one file: without its write-ahead log it would lack its newest rows.
    const merged = mergeWal(database)
    if (!merged.ok) return merged
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of entriesOf(home)) moveEntry(join(root, name), join(folder, name))
  return ok(undefined)
}

/** Moves a file, or a folder with what it holds. What is at its new place already stays as it is. */
function moveEntry(from: string, to: string): void {
  if (!existsSync(to)) return renameSync(from, to)
  if (!statSync(from).isDirectory() || !statSync(to).isDirectory()) return
  for (const name of readdirSync(from)) moveEntry(join(from, name), join(to, name))
}
