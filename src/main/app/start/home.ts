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
import { MARKETS, type Market } from '../../../shared/domain/market.ts'
import { deskRuns, FileLock } from '../../db/file-lock.ts'
import { packageRoot } from '../../platform/package-files.ts'
import { newToken } from '../../platform/system.ts'
import { readJson, readText } from '../../platform/text.ts'

/** Paths of a desk's home: a folder for each market below one root, with shared strategies. */
export interface Home {
  /** What `--home` and `BATON_HOME` name. */
  readonly root: string
  readonly market: Market
  /** The market's own folder below the root. */
  readonly folder: string
  readonly database: string
  readonly control: string
  readonly kill: string
  /** Kills the desks of every market. */
  readonly killAll: string
  readonly status: string
  readonly config: string
  readonly tokenFile: string
  readonly strategies: string
  readonly logs: string
  /** Own recordings; imported ones lie in `imported` below it. */
  readonly tape: string
}

export function homeAt(given: string | undefined, strategies: string | undefined, market: Market = 'simulated'): Home {
  const root = rootAt(given)
  return homeIn(root, join(root, market), market, strategies)
}

function rootAt(given: string | undefined): string {
  return resolve(given ?? process.env.BATON_HOME ?? envPaths('baton', { suffix: '' }).data)
}

/** Homes of every market, and that of an earlier build, which lies in the root itself until its next desk moves it. */
function homesBelow(given: string | undefined, strategies: string | undefined): readonly Home[] {
  const root = rootAt(given)
  return [...MARKETS.map((name) => homeAt(given, strategies, name)), homeIn(root, root, 'simulated', strategies)]
}

/** Homes in which a desk runs; of one market only, if it is named. */
export function runningHomes(given: string | undefined, market: Market | undefined): readonly Home[] {
  const homes = homesBelow(given, undefined).filter((home) => market === undefined || home.market === market)
  return homes.filter(({ folder }) => deskRuns(folder))
}

/** The home that a command reads: of the market named, else of the first whose desk runs, else of the first that has a database. */
export function homeToRead(
  { home, market }: { readonly home?: string; readonly market?: Market },
  strategies?: string,
): Home {
  const [running] = runningHomes(home, market)
  if (running !== undefined) return homeIn(running.root, running.folder, running.market, strategies)
  const homes = homesBelow(home, strategies).filter((one) => market === undefined || one.market === market)
  return homes.find(({ database }) => existsSync(database)) ?? homeAt(home, strategies, market)
}

function homeIn(root: string, folder: string, market: Market, strategies: string | undefined): Home {
  const own = join(folder, 'config.json')
  const shared = join(root, 'config.json')
  return {
    root,
    market,
    folder,
    database: join(folder, 'baton.db'),
    control: join(folder, 'control.json'),
    kill: join(folder, 'KILL'),
    killAll: join(root, 'KILL'),
    status: join(folder, 'status.json'),
    // A market without settings of its own has those of the root, so that none a person made is ever ignored (I12).
    config: !existsSync(own) && existsSync(shared) ? shared : own,
    tokenFile: join(root, 'api-token'),
    strategies: strategiesFolder(root, strategies),
    logs: join(folder, 'logs'),
    tape: join(folder, 'tape'),
  }
}

/** Strategies folder: the one given, else that of the checkout, else that of the home's root. */
function strategiesFolder(root: string, given: string | undefined): string {
  if (given !== undefined) return resolve(given)
  const shipped = join(packageRoot(), 'strategies')
  return existsSync(join(packageRoot(), '.git')) ? shipped : join(root, 'strategies')
}

/** Creates the folders and, on the first start, copies the shipped strategies. */
export function prepareHome(home: Home): Result<void> {
  try {
    mkdirSync(home.folder, { recursive: true, mode: 0o700 })
    mkdirSync(home.logs, { recursive: true, mode: 0o700 })
    for (const folder of [home.root, home.folder]) closeToOthers(folder)
    if (!existsSync(home.strategies) && home.strategies === join(home.root, 'strategies')) {
      cpSync(join(packageRoot(), 'strategies'), home.strategies, { recursive: true })
    }
    if (!existsSync(home.strategies)) return err(`the strategies folder ${home.strategies} is not there`)
    return ok(undefined)
  } catch (error) {
    return err(`the home folder ${home.folder} cannot be used: ${messageOf(error)}`)
  }
}

/** Restricts a folder to its owner, since it holds books, tokens and strategies. */
function closeToOthers(folder: string): void {
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
