import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Desk } from '../../src/main/app/desk-life.ts'
import type { DeskOptions } from '../../src/main/app/desk-options.ts'
import { openDesk } from '../../src/main/app/start/assemble.ts'
import { homeAt } from '../../src/main/app/start/home.ts'
import { Station } from '../../src/main/app/station.ts'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { packageRoot } from '../../src/main/platform/package-files.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { differenceText } from '../../src/main/replay/difference.ts'
import type { DeploymentRow } from '../../src/shared/domain/deployments.ts'
import { deskOptions } from './desk-options.ts'
import { Patience, patientDeadlineMs } from './patience.ts'
import { checkAll } from './recorded.ts'

const SHIPPED = resolve(import.meta.dirname, '../../strategies')

/** A home folder and a strategies folder of their own, removed at the end. */
export class TestHome {
  readonly folder: string
  readonly strategies: string
  readonly home: ReturnType<typeof homeAt>
  /** I7: what its desks recorded is decided again when it is removed. False where a test tampers with its tape. */
  checksTape = true
  private readonly closers: (() => Promise<void>)[] = []

  /** @param inside the folder that it is made in */
  constructor(config: object = {}, inside = tmpdir()) {
    this.folder = mkdtempSync(join(inside, 'baton-test-'))
    this.strategies = join(this.folder, 'strategies')
    this.home = homeAt(this.folder, this.strategies)
    cpSync(SHIPPED, this.strategies, { recursive: true })
    this.configure(config)
  }

  /** No rule waits and nothing is watched unless a test says so: most want to see the next swap. */
  configure(config: object): void {
    const usual = { probation: { windows: 0 }, policy: { enforceOn: [] }, decisionDeadlineMs: patientDeadlineMs() }
    mkdirSync(this.home.folder, { recursive: true })
    writeFileSync(this.home.config, JSON.stringify({ ...usual, ...config }))
  }

  read(file: string): string {
    return readFileSync(join(this.strategies, file), 'utf8')
  }

  write(file: string, text: string): void {
    mkdirSync(join(this.strategies, file, '..'), { recursive: true })
    writeFileSync(join(this.strategies, file), text)
  }

  options(part: Partial<DeskOptions> = {}): DeskOptions {
    return deskOptions(this.home, part)
  }

  /** An opened desk; started by the caller. */
  async desk(part: Partial<DeskOptions> = {}): Promise<Desk> {
    const opened = await openDesk(this.options(part))
    if (!opened.ok) throw new Error(opened.error)
    this.closers.push(() => opened.value.life.stop())
    return opened.value
  }

  /** A started desk with files, status and API around it. */
  async station(part: Partial<DeskOptions> & { port?: number } = {}): Promise<Station> {
    const opened = await Station.open({ ...this.options(part), port: part.port ?? 0 })
    if (!opened.ok) throw new Error(opened.error)
    this.closers.push(() => opened.value.stop())
    await opened.value.start()
    return opened.value
  }

  /** Stops what was started here. */
  async close(): Promise<void> {
    for (const close of this.closers.splice(0).toReversed()) await close()
  }

  async remove(): Promise<void> {
    await this.close()
    const { differences } = this.checksTape ? checkAll(this.home.tape, engineBuild(packageRoot())) : { differences: [] }
    if (differences.length > 0)
      throw new Error(
        `I7: the recording of ${this.folder} decides otherwise: ${differences.map(differenceText).join()}`,
      )
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Deploys what the files of a strategy say now, as a save would. */
export function deploy(desk: Desk, strategy: string): Promise<DeploymentRow> {
  return desk.deployer.deploy({ strategy, trigger: 'save', by: 'test', noticedAt: systemClock.monotonic() })
}

/** Newest row of each deployment that changes from now on, with its end, which the journal has only in words. */
export function reportedRows(desk: Desk): ReadonlyMap<string, DeploymentRow> {
  const rows = new Map<string, DeploymentRow>()
  desk.deployer.changed.on((row) => rows.set(row.id, row))
  return rows
}

/**
 * Waits until something is true, looking often; fails with what was awaited. In real time half a minute may pass before a
 * window lets anything be entered.
 * @param limitMs of a machine that does nothing else: time counts less the more programs want its processors
 */
export async function until(what: string, check: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const patience = new Patience(limitMs)
  while (!patience.isOver) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`not within ${limitMs} ms: ${what}`)
}

/** A port of this machine that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** A strategy that buys whatever side is offered in every window of its slots, Up first, and holds. */
export function eager(name: string, marker = 1): string {
  return `import { defineStrategy } from 'baton'
export default defineStrategy({
  name: '${name}',
  params: { marker: ${marker}, stakeUsd: 5 },
  initialState: () => ({ entries: 0 }),
  decide: (view, state, params) => {
    const side = view.up.ask === null ? 'down' : 'up'
    const ask = view[side].ask
    if (view.position !== null || ask === null || view.secondsLeft < 20) return { state, why: 'hold ' + params.marker }
    return {
      state: { entries: state.entries + 1 },
      intents: [{ kind: 'enter', side, limit: Math.min(0.97, ask + 0.02), stakeUsd: params.stakeUsd, why: 'eager ' + params.marker }],
    }
  },
})
`
}
