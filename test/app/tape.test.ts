import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { openDesk } from '../../src/main/app/start/assemble.ts'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { packageRoot } from '../../src/main/platform/package-files.ts'
import { listTapes } from '../../src/main/tape/library.ts'
import { HOUR } from '../../src/shared/domain/time.ts'
import { randomCandles, writeCandles } from '../support/candle-tape.ts'
import { baton } from '../support/cli.ts'
import { deploy, eager, TestHome, until } from '../support/desk.ts'
import { checkAll } from '../support/recorded.ts'
import { fillUp } from '../support/small-disk.ts'

const homes: TestHome[] = []
const mounts: string[] = []
const BUILD = engineBuild(packageRoot())
const SLOTS = { slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'], assign: { '*-5m': 'snipe', '*-15m': 'fade' } }

function newHome(config: object = {}): TestHome {
  const home = new TestHome({ ...SLOTS, ...config })
  homes.push(home)
  home.write('snipe.ts', eager('snipe'))
  home.write('fade.ts', eager('fade'))
  return home
}

afterEach(async () => {
  for (const home of homes.splice(0)) {
    // What is mounted inside goes first.
    for (const path of mounts.splice(0)) spawnSync('umount', ['-l', path])
    await home.remove()
  }
})

/** Answers twice, then never again. */
const SPINS_AT_LAST = `import { defineStrategy } from 'baton'
export default defineStrategy({
  name: 'snipe',
  params: {},
  initialState: () => ({ entries: 0 }),
  migrate: () => ({ entries: 0 }),
  decide: (view, state) => {
    let on = state.entries >= 2
    while (on) on = view.now > 0
    return { state: { entries: state.entries + 1 }, why: 'asked ' + state.entries }
  },
})
`

const said = (desk: Desk, text: string) =>
  Number(desk.journal.db.prepare('SELECT count(*) FROM events WHERE message LIKE ?').pluck().get(`%${text}%`)) > 0

describe('a desk’s own tape', () => {
  test('I7: hours of trading with deployments, a fault and a kill are decided again, byte for byte', async () => {
    const home = newHome()
    const desk = await home.desk({ speed: 900 })
    await desk.life.start()
    await until('positions', () => desk.engine.state.positions.size > 0)
    for (let i = 2; i < 10; i++) {
      home.write('snipe.ts', eager('snipe', i))
      // Every third throws now and then, and is stopped for it.
      if (i % 3 === 0)
        home.write(
          'fade.ts',
          eager('fade', i).replace(
            'const side',
            "if (view.secondsLeft % 45 === 0) throw new Error('planted')\n    const side",
          ),
        )
      await Promise.all([deploy(desk, 'snipe'), deploy(desk, 'fade')])
      if (i === 6) await desk.dispatcher.dispatch({ kind: 'kill', positions: 'flatten', reason: 'test' }, 'cli')
      if (i === 7) await desk.dispatcher.dispatch({ kind: 'rearm', confirm: 'REARM', reason: 'test' }, 'desk')
    }
    const from = desk.now()
    await until('another hour', () => desk.now() > from + 1.2 * HOUR)
    expect(said(desk, 'planted')).toBe(true)
    await desk.life.stop()
    const { differences, unchecked, decisions, seams } = checkAll(home.home.tape, BUILD)
    expect(differences).toEqual([])
    expect({ unchecked, decisions }).toEqual({ unchecked: 0, decisions: desk.loop.figures.decisions })
    expect(seams).toBeGreaterThan(0)
    // What a person would type.
    const shown = await baton('tape', 'verify', '--decisions', '--home', home.folder, '--json')
    expect(shown.code).toBe(0)
    expect(JSON.parse(shown.out)).toMatchObject({ sound: true, gaps: [] })
  })

  test('I7: in real time, with a version that does not answer in time', async () => {
    const home = newHome({ decisionDeadlineMs: 900 })
    const desk = await home.desk()
    await desk.life.start()
    home.write('snipe.ts', SPINS_AT_LAST)
    expect((await deploy(desk, 'snipe')).state).toBe('kept')
    await until('it was stopped', () => said(desk, 'decide did not return within'))
    home.write('snipe.ts', eager('snipe', 3))
    expect((await deploy(desk, 'snipe')).state).toBe('kept')
    const { cycles } = desk.loop.figures
    await until('two more cycles', () => desk.loop.figures.cycles > cycles + 1)
    await desk.life.stop()
    const { differences, unchecked, decisions } = checkAll(home.home.tape, BUILD)
    expect(differences).toEqual([])
    expect({ unchecked, decisions }).toEqual({ unchecked: 0, decisions: desk.loop.figures.decisions })
  })

  test('a full disk pauses entries, says so, and is over when there is room again', async () => {
    const home = newHome()
    const { tape } = home.home
    mkdirSync(tape)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', tape]).status === 0
    if (mounted) mounts.push(tape)
    else process.stdout.write('No file system may be mounted here: the folder is taken away instead of the room.\n')
    const desk = await home.desk({ speed: 60 })
    await desk.life.start()
    const written = () => readdirSync(tape).reduce((sum, name) => sum + statSync(join(tape, name)).size, 0)
    await until('a tape with its snapshot', () => written() > 20_000)
    const filler = join(tape, 'filler')
    if (mounted) fillUp(tape, filler, 16 * 1024)
    else {
      renameSync(tape, `${tape}-away`)
      writeFileSync(tape, '')
      await until('the next hour', () => desk.now() % HOUR < 60_000)
    }
    await until('entries are paused', () => desk.engine.state.trading === 'paused')
    expect(desk.engine.state.pause?.reason).toMatch(/^the tape cannot be written: /)
    await until('it is said', () => said(desk, 'entries are paused: make room, then resume'))
    const orders = () => desk.loop.figures.orders
    const [before, cycles] = [orders(), desk.loop.figures.cycles]
    await until('cycles go on', () => desk.loop.figures.cycles > cycles + 40)
    expect(orders()).toBe(before)
    rmSync(mounted ? filler : tape)
    if (!mounted) renameSync(`${tape}-away`, tape)
    await until('it is written again', () => said(desk, 'the tape is written again'))
    expect(desk.engine.state.trading).toBe('paused')
    expect((await desk.dispatcher.dispatch({ kind: 'resume' }, 'desk')).outcome).toBe('done')
    await until('an order', () => orders() > before)
    await desk.life.stop()
    const [loop] = listTapes(tape).recordings
    expect(loop?.files.length).toBeGreaterThan(1)
    // The hole is named, and what is there is still decided alike.
    const gaps = loop?.gaps.filter((gap) => gap.between).map((gap) => gap.text)
    expect(gaps).toEqual([expect.stringMatching(/^\d+ records from .* before segment \d+ could not be written$/)])
    expect(checkAll(tape, BUILD).differences).toEqual([])
  })

  test('recordings beyond age and size are removed, imports are not', async () => {
    const home = newHome({ tape: { maxMb: 10 } })
    const { tape } = home.home
    mkdirSync(join(tape, 'imported'), { recursive: true })
    writeFileSync(join(tape, 'imported', 'x.tape'), Buffer.alloc(11e6))
    writeFileSync(join(tape, 'old.tape'), Buffer.alloc(11e6))
    const desk = await home.desk({ speed: null, forMs: 60_000 })
    await desk.life.start()
    await desk.life.done
    await desk.life.stop()
    expect(readdirSync(tape)).not.toContain('old.tape')
    expect(readdirSync(join(tape, 'imported'))).toEqual(['x.tape'])
  })

  test('nothing is recorded where the configuration says so', async () => {
    const home = newHome({ tape: { record: false } })
    const desk = await home.desk({ speed: null, forMs: 60_000 })
    await desk.life.start()
    await desk.life.done
    await desk.life.stop()
    expect(listTapes(home.home.tape).recordings).toEqual([])
  })

  test('a desk of more assets than a tape can hold opens only if nothing is recorded', async () => {
    const names = Array.from({ length: 257 }, (_, i) => `X${i}`)
    const slots = names.map((name) => `${name}-5m`)
    const home = newHome({ slots })
    const candles = join(home.folder, 'candles')
    mkdirSync(candles)
    writeCandles(candles, Object.fromEntries(names.map((name, i) => [name, randomCandles(name, 0.1, i, HOUR)])))
    const tape = { feed: 'tape', tapes: [candles], speed: null, forMs: 60_000 } as const
    expect(await openDesk(home.options(tape))).toMatchObject({
      ok: false,
      error: expect.stringContaining('257 assets'),
    })
    home.configure({ slots, tape: { record: false } })
    const desk = await home.desk(tape)
    await desk.life.start()
    await desk.life.done
    expect(desk.life.panicked).toBeNull()
    expect(desk.loop.figures.cycles).toBeGreaterThan(10)
  })
})
