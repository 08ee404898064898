import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { readStatus } from '../../src/main/control/status-file.ts'
import { baton } from '../support/cli.ts'
import { TestHome, until } from '../support/desk.ts'

const CLI = resolve(import.meta.dirname, '../../src/main/cli.ts')
const BROKEN = resolve(import.meta.dirname, '../support/broken-desk.ts')
const homes: TestHome[] = []
const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const home of homes.splice(0)) await home.remove()
})

function newHome(): TestHome {
  const home = new TestHome({ slots: ['BTC-5m'] })
  homes.push(home)
  return home
}

interface Ended {
  readonly child: ChildProcess
  readonly gone: Promise<{ readonly code: number | null; readonly out: string; readonly last: string }>
}

function start(args: readonly string[]): Ended {
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
  const gone = new Promise<Awaited<Ended['gone']>>((done) => {
    child.once('close', (code) => done({ code, out, last: out.trim().split('\n').at(-1) ?? '' }))
  })
  return { child, gone }
}

const desk = (home: TestHome) =>
  start([CLI, 'desk', '--home', home.folder, '--strategies', home.strategies, '--port', '0'])
const runs = (home: TestHome, { child }: Ended) =>
  until('it runs', () => readStatus(home.home.status)?.pid === child.pid)
const log = (home: TestHome) => readFileSync(join(home.home.logs, 'baton.log'), 'utf8')

describe('A8: however a desk ends, it says so', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    '%s: in the status file, the log, the last line and the next start',
    async (signal) => {
      const home = newHome()
      const first = desk(home)
      await runs(home, first)
      first.child.kill(signal)
      const { code, last } = await first.gone
      expect([code, last]).toEqual([0, `The desk is down: stopped by ${signal}`])
      expect(readStatus(home.home.status)).toMatchObject({ up: false, ended: { reason: `stopped by ${signal}` } })
      expect(log(home)).toContain(`the desk is down: stopped by ${signal}`)
      const second = desk(home)
      await runs(home, second)
      second.child.kill('SIGTERM')
      expect((await second.gone).out).toMatch(
        new RegExp(`Last time: the desk before this one went down at .*: stopped by ${signal}`),
      )
    },
  )

  test.each([
    ['throw', /an unexpected error: planted error/],
    ['reject', /an unexpected error: planted rejection/],
    ['invariant', /trading stopped: I10: ledger out of balance|an unexpected error: I10: ledger out of balance/],
  ] as const)(
    'an error nobody caught (%s): trading stops, the next start is killed until re-armed',
    async (way, words) => {
      const home = newHome()
      const broken = start([BROKEN, home.folder, home.strategies, way])
      const { code, last, out } = await broken.gone
      expect(code, out).toBe(1)
      expect(last).toMatch(/^baton: the desk is down: /)
      expect(last).toMatch(words)
      expect(readStatus(home.home.status)).toMatchObject({ up: false, ended: { reason: expect.stringMatching(words) } })
      expect(log(home)).toMatch(words)
      const { desk: next, lastEnd } = await home.station()
      expect(lastEnd).toMatch(words)
      await until('it is killed', () => next.engine.state.trading === 'killed')
    },
  )

  test('SIGKILL, as out of memory or a power cut: the next start says it', async () => {
    const home = newHome()
    const first = desk(home)
    await runs(home, first)
    first.child.kill('SIGKILL')
    await first.gone
    const { lastEnd } = await home.station()
    expect(lastEnd).toMatch(
      new RegExp(`^the desk before this one \\(process ${first.child.pid}\\) ended without a word`),
    )
  })

  test('--json: the last line is JSON with the error, at the start and under way', async () => {
    const home = newHome()
    const args = ['run', '--home', home.folder, '--strategies', home.strategies, '--json']
    const started = await baton(...args, '--for', '5m', '--slots', 'NOPE-5m')
    expect([started.code, JSON.parse(started.out)]).toEqual([
      2,
      { error: expect.stringContaining('none of the slots') },
    ])
    const usage = await baton('run', '--json', '--nonsense')
    expect([usage.code, JSON.parse(usage.out)]).toEqual([2, { error: expect.stringContaining('--nonsense') }])
    const run = start([CLI, ...args, '--for', '10h', '--speed', '60'])
    await runs(home, run)
    run.child.kill('SIGTERM')
    const { code, out } = await run.gone
    const last = JSON.parse(out.split('\n').findLast((line) => line.startsWith('{')) ?? '')
    expect([code, last]).toEqual([
      1,
      expect.objectContaining({ error: 'stopped by SIGTERM', cycles: expect.any(Number) }),
    ])
  })

  test('a start that fails ends with 2 and one line that says what to do', async () => {
    const home = newHome()
    const server = createServer()
    const port = await new Promise<number>((done) =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        done(typeof address === 'object' && address !== null ? address.port : 0)
      }),
    )
    const { code, last } = await start([
      CLI,
      'desk',
      '--home',
      home.folder,
      '--strategies',
      home.strategies,
      '--port',
      `${port}`,
    ]).gone
    expect([code, last]).toEqual([2, `baton: port ${port} is taken; choose another with --port, or 0 for none`])
    server.close()
    writeFileSync(home.home.database, 'no database at all')
    const broken = await desk(home).gone
    expect([broken.code, broken.last]).toEqual([
      2,
      expect.stringMatching(/baton\.db cannot be opened: file is not a database/),
    ])
  })
})
