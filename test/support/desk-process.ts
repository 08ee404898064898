import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { differenceText } from '../../src/main/replay/difference.ts'
import type { DeskStatus } from '../../src/shared/ipc/desk-view.ts'
import { Patience, patientDeadlineMs } from './patience.ts'
import { checkAll } from './recorded.ts'

export const root = resolve(import.meta.dirname, '../..')

/** snipe also gets slots of 15 minutes: there is always a window of it with minutes left. */
const CONFIG = {
  // Every version that goes live is kept: what a spec does to one does not come back in the next.
  probation: { windows: 0 },
  // As many orders as the strategy wants, at any time.
  caps: { exposurePerAccountUsd: 200, ordersPerMinute: 120 },
  assign: { '*-5m': 'snipe', '*-15m': 'fade', 'BTC-15m': 'snipe', 'ETH-15m': 'snipe', 'SOL-15m': 'snipe' },
}

/** The desk itself cuts a stop off after 20 s; on a busy machine that takes a while as well. */
const MOST_STOP_MS = 90_000

/** A port that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise<void>((done) => server.close(() => done()))
  if (typeof address !== 'object' || address === null) throw new Error('no port is free')
  return address.port
}

/** A home folder of its own with a copy of the shipped strategies; `remove` leaves nothing behind. */
export class TestHome {
  readonly folder: string
  readonly strategies: string

  /** @param snipe file that takes the place of the shipped snipe */
  constructor(snipe?: URL) {
    const base = mkdtempSync(join(tmpdir(), 'baton-e2e-'))
    this.folder = join(base, 'home')
    this.strategies = join(base, 'strategies')
    mkdirSync(this.folder)
    cpSync(join(root, 'strategies'), this.strategies, { recursive: true })
    if (snipe !== undefined) cpSync(snipe, join(this.strategies, 'snipe.ts'))
    const config = { ...(snipe === undefined ? {} : CONFIG), decisionDeadlineMs: patientDeadlineMs() }
    writeFileSync(join(this.folder, 'config.json'), JSON.stringify(config))
  }

  strategy(name: string): string {
    return readFileSync(join(this.strategies, name), 'utf8')
  }

  /** I7: what its desks recorded is decided again first. */
  remove(): void {
    const { differences } = checkAll(join(this.folder, 'simulated', 'tape'), engineBuild(root))
    if (differences.length > 0)
      throw new Error(
        `I7: the recording of ${this.folder} decides otherwise: ${differences.map(differenceText).join()}`,
      )
    rmSync(resolve(this.folder, '..'), { recursive: true, force: true, maxRetries: 5 })
  }
}

/** What the desk itself says, past any window: its API and its journal. */
export class DeskFacts {
  readonly home: TestHome
  readonly port: number

  constructor(home: TestHome, port: number) {
    this.home = home
    this.port = port
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`
  }

  private get headers(): Record<string, string> {
    const token = readFileSync(join(this.home.folder, 'api-token'), 'utf8').trim()
    return { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  }

  async status(): Promise<DeskStatus> {
    const answer = await fetch(`${this.origin}/api/status`, { headers: this.headers })
    if (!answer.ok) throw new Error(`the desk answered ${answer.status}`)
    return (await answer.json()) as DeskStatus
  }

  async command(kind: string, body: object): Promise<void> {
    const request = { method: 'POST', headers: this.headers, body: JSON.stringify(body) }
    const answer = await fetch(`${this.origin}/api/control/${kind}`, request)
    if (!answer.ok) throw new Error(`${kind} was answered ${answer.status}: ${await answer.text()}`)
  }

  /** Rows of the journal, read beside the desk that writes it. */
  rows<Row>(sql: string, ...values: readonly (string | number)[]): Row[] {
    const db = new Database(join(this.home.folder, 'simulated', 'baton.db'), { readonly: true, timeout: 5_000 })
    try {
      return db.prepare(sql).all(...values) as Row[]
    } finally {
      db.close()
    }
  }

  count(sql: string, ...values: readonly (string | number)[]): number {
    return this.rows<{ n: number }>(`SELECT (${sql}) AS n`, ...values)[0]?.n ?? 0
  }
}

/** A child process that printed what was waited for; `stop` resolves when it is gone. */
export class DeskChild {
  readonly process: ChildProcess
  readonly exited: Promise<number | null>
  private text = ''

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const stdio: ['ignore', 'pipe', 'pipe', 'ipc'] = ['ignore', 'pipe', 'pipe', 'ipc']
    this.process = spawn(process.execPath, [...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio,
      serialization: 'advanced',
    })
    this.exited = new Promise((done) => this.process.once('exit', (code) => done(code)))
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.text += chunk.toString()
      })
    }
  }

  get output(): string {
    return this.text
  }

  /** First group of the match, once the child has printed it. */
  async printed(wanted: RegExp, timeoutMs = 60_000): Promise<string> {
    const patience = new Patience(timeoutMs)
    while (!patience.isOver && this.process.exitCode === null) {
      const found = wanted.exec(this.text)
      if (found !== null) return found[1] ?? ''
      await new Promise((done) => setTimeout(done, 25))
    }
    throw new Error(`the desk did not print ${wanted} (exit code ${this.process.exitCode}): ${this.text}`)
  }

  /** Ends the child. One that does not heed its signal is killed, and that is an error. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill(signal)
    let heeded = true
    const timer = setTimeout(() => {
      heeded = false
      this.process.kill('SIGKILL')
    }, MOST_STOP_MS)
    const code = await this.exited
    clearTimeout(timer)
    if (!heeded) throw new Error(`the desk went on for ${MOST_STOP_MS / 1000} s after ${signal}: ${this.text}`)
    return code
  }
}

/** The headless desk as a person starts it, real time unless `more` says otherwise. */
export async function startHeadless(
  facts: DeskFacts,
  more: readonly string[] = [],
): Promise<{ child: DeskChild; address: string }> {
  const { home, port } = facts
  const flags = ['--home', home.folder, '--strategies', home.strategies, '--port', String(port), ...more]
  const child = new DeskChild([join(root, 'src/main/cli.ts'), 'desk', ...flags])
  try {
    return { child, address: await child.printed(/The desk is at (http:\S+)/) }
  } catch (error) {
    await child.stop('SIGKILL')
    throw error
  }
}

/** The built desktop in a Node process, with the stand-in for Electron. */
export function startDesktop(facts: DeskFacts): DeskChild {
  const { home, port } = facts
  const flags = ['--home', home.folder, '--strategies', home.strategies, '--port', String(port)]
  const standIn = new URL('./electron-stand-in/register.ts', import.meta.url).href
  return new DeskChild(['--import', standIn, join(root, 'out/main/desktop.js'), ...flags])
}
