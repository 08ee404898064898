import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Home, readConfig } from '../../app/start/home.ts'
import { deskRuns } from '../../db/file-lock.ts'
import { MIGRATIONS } from '../../db/migrations.ts'
import { openSound } from '../../db/sound.ts'
import { unreadableRows } from '../../db/unreadable.ts'
import { type Check, fail, fine, firstLineOf, warn } from './check.ts'

/** The home folder and the files in it. */
export function homeChecks(home: Home): Check[] {
  return [folder(home), running(home), config(home), database(home), token(home), killFile(home)]
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function folder({ folder: path }: Home): Check {
  if (existsSync(path)) {
    if (!statSync(path).isDirectory())
      return fail('home folder', `${path} is not a folder`, 'choose another with --home')
    if (!writable(path)) return fail('home folder', `${path} cannot be written`, 'choose another with --home')
    return freeSpace(path) ?? permissions(path) ?? fine('home folder', path)
  }
  let ancestor = dirname(path)
  while (!existsSync(ancestor) && dirname(ancestor) !== ancestor) ancestor = dirname(ancestor)
  if (!writable(ancestor))
    return fail('home folder', `${path} does not exist and cannot be created`, 'choose another with --home')
  return fine('home folder', `${path} does not exist yet; the first start creates it`)
}

/** A desk writes one or two megabytes per hour; this is enough for two days. */
const LEAST_FREE = 100 * 2 ** 20

function freeSpace(path: string): Check | null {
  const { bavail, bsize } = statfsSync(path)
  const free = bavail * bsize
  if (free >= LEAST_FREE) return null
  const found = `${path} has ${Math.floor(free / 2 ** 20)} MB free; a desk needs ${LEAST_FREE / 2 ** 20} MB`
  return fail('home folder', found, 'free some space, or choose another with --home')
}

function permissions(path: string): Check | null {
  const mode = statSync(path).mode & 0o777
  if (process.platform === 'win32' || (mode & 0o077) === 0) return null
  const text = mode.toString(8).padStart(4, '0')
  return warn(
    'home folder',
    `other users may read ${path} (mode ${text})`,
    `the next start restricts it, or: chmod 700 ${path}`,
  )
}

function running({ folder: path }: Home): Check {
  try {
    if (!deskRuns(path)) return fine('desk', 'none runs in this folder')
    const file = join(path, 'desk.pid')
    return fine(
      'desk',
      `process ${existsSync(file) ? readFileSync(file, 'utf8').trim() : 'unknown'} runs in this folder`,
    )
  } catch (error) {
    return warn('desk', `its lock cannot be read: ${firstLineOf(error)}`, `inspect ${join(path, 'desk.lock')}`)
  }
}

function config(home: Home): Check {
  const read = readConfig(home.config)
  if (!read.ok) return fail('config.json', read.error, 'correct it, or remove it to use the defaults')
  return fine('config.json', existsSync(home.config) ? 'readable' : 'does not exist: the defaults apply')
}

function database({ database: path }: Home): Check {
  if (!existsSync(path)) return fine('baton.db', 'does not exist yet')
  const opened = openSound(path)
  if (!opened.ok) return fail('baton.db', opened.error.message, opened.error.todo ?? `make ${path} readable`)
  const { db, schema } = opened.value
  const current = schema === MIGRATIONS.length
  const [first, ...more] = current ? unreadableRows(db) : []
  db.close()
  if (first !== undefined)
    return fail(
      'baton.db',
      `the row ${first.id} of ${first.table}${more.length === 0 ? '' : ` and ${more.length} more`} cannot be read: ${first.reason}`,
      `restore it from a backup beside it (${path}.before-…); baton audit lists every such row`,
    )
  const old = schema < MIGRATIONS.length ? `; the next start brings it to ${MIGRATIONS.length}` : ''
  return fine('baton.db', `schema ${schema}, sound${old}`)
}

function token({ tokenFile: path }: Home): Check {
  if (!existsSync(path)) return fine('api-token', 'does not exist yet')
  const mode = statSync(path).mode & 0o777
  // Windows has no permission bits.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    return fail('api-token', `other users may read it (mode ${mode.toString(8).padStart(4, '0')})`, `chmod 600 ${path}`)
  return fine('api-token', 'only its owner may read it')
}

function killFile({ kill, killAll }: Home): Check {
  const path = [kill, killAll].find((file) => existsSync(file))
  return path !== undefined
    ? warn('KILL', 'the file is in the home folder: no desk trades here', `remove ${path}, then baton ctl rearm`)
    : fine('KILL', 'does not exist')
}
