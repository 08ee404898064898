import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import envPaths from 'env-paths'
import { type Config, parseConfig, salvageConfig } from '../../../shared/config.ts'
import { err, messageOf, ok, type Result } from '../../../shared/domain/base.ts'
import { FileLock } from '../../db/file-lock.ts'
import { packageRoot } from '../../platform/package-files.ts'
import { newToken } from '../../platform/system.ts'
import { readJson, readText } from '../../platform/text.ts'

/** Paths of a desk's home folder. */
export interface Home {
  readonly folder: string
  readonly database: string
  readonly control: string
  readonly kill: string
  readonly status: string
  readonly config: string
  readonly tokenFile: string
  readonly strategies: string
  readonly logs: string
  /** Own recordings; imported ones lie in `imported` below it. */
  readonly tape: string
}

export function homeAt(given: string | undefined, strategies: string | undefined): Home {
  const folder = resolve(given ?? process.env.BATON_HOME ?? envPaths('baton', { suffix: '' }).data)
  return {
    folder,
    database: join(folder, 'baton.db'),
    control: join(folder, 'control.json'),
    kill: join(folder, 'KILL'),
    status: join(folder, 'status.json'),
    config: join(folder, 'config.json'),
    tokenFile: join(folder, 'api-token'),
    strategies: strategiesFolder(folder, strategies),
    logs: join(folder, 'logs'),
    tape: join(folder, 'tape'),
  }
}

/** Strategies folder: the one given, else that of the checkout, else that of the home folder. */
function strategiesFolder(folder: string, given: string | undefined): string {
  if (given !== undefined) return resolve(given)
  const shipped = join(packageRoot(), 'strategies')
  return existsSync(join(packageRoot(), '.git')) ? shipped : join(folder, 'strategies')
}

/** Creates the folders and, on the first start, copies the shipped strategies. */
export function prepareHome(home: Home): Result<void> {
  try {
    mkdirSync(home.folder, { recursive: true, mode: 0o700 })
    mkdirSync(home.logs, { recursive: true, mode: 0o700 })
    closeToOthers(home)
    if (!existsSync(home.strategies) && home.strategies === join(home.folder, 'strategies')) {
      cpSync(join(packageRoot(), 'strategies'), home.strategies, { recursive: true })
    }
    if (!existsSync(home.strategies)) return err(`the strategies folder ${home.strategies} is not there`)
    return ok(undefined)
  } catch (error) {
    return err(`the home folder ${home.folder} cannot be used: ${messageOf(error)}`)
  }
}

/** Restricts a folder to its owner, since it holds books, tokens and strategies. */
function closeToOthers({ folder }: Home): void {
  try {
    if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700)
  } catch {
    // Not ours, or a file system without permissions: "baton doctor" reports it.
  }
}

/** Reads config.json; without one the defaults hold. */
export function readConfig(path: string): Result<Config> {
  const input = existsSync(path) ? readJson(path) : ok({})
  if (!input.ok) return err(`${path}: ${input.error}`)
  const parsed = parseConfig(input.value)
  return parsed.ok ? parsed : err(`${path}: ${parsed.error}`)
}

/** What can be read of a config.json that `readConfig` refuses; see `salvageConfig`. */
export function readableConfig(path: string): Config {
  const input = readJson(path)
  return salvageConfig(input.ok ? input.value : undefined)
}

/** The token that reads, pauses, freezes and kills; made once, readable by its owner alone. */
export function readToken(path: string): string {
  if (existsSync(path)) {
    const text = readText(path)
    const token = text.ok ? text.value.trim() : ''
    if (token.length >= 32) {
      chmodSync(path, 0o600)
      return token
    }
  }
  const token = newToken()
  writeFileSync(path, `${token}\n`, { mode: 0o600 })
  chmodSync(path, 0o600)
  return token
}

/** Locks a home folder for one desk. The operating system releases the lock when the process ends. */
export function lockHome(home: Home): Result<FileLock> {
  const owner = join(home.folder, 'desk.pid')
  const lock = FileLock.take(join(home.folder, 'desk.lock'))
  if (lock !== null) {
    writeFileSync(owner, `${process.pid}\n`)
    return ok(lock)
  }
  const pid = existsSync(owner) ? readFileSync(owner, 'utf8').trim() : 'unknown'
  return err(
    `another desk (process ${pid}) runs in ${home.folder}; stop it, or give this one its own folder with --home`,
  )
}

/** Renames the database of an earlier virtual run: every run starts empty, so that it can be repeated. */
export function putAside(path: string): void {
  if (!existsSync(path)) return
  const folder = dirname(path)
  const taken = readdirSync(folder).filter((name) => /^run-\d+\.db$/.test(name)).length
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, join(folder, `run-${taken + 1}.db${suffix}`))
  }
}
