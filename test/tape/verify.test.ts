import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { compileStrategy } from '../../src/main/deploy/compile.ts'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { apiFile, packageRoot } from '../../src/main/platform/package-files.ts'
import { listTapes } from '../../src/main/tape/library.ts'
import { HOUR, plusMs } from '../../src/shared/domain/time.ts'
import { START, slots } from '../support/bench-engine.ts'
import { baton } from '../support/cli.ts'
import { eager, TestHome } from '../support/desk.ts'
import { RecordedBench } from '../support/recorded.ts'
import { Recording } from '../support/recording.ts'
import { value } from '../support/tape.ts'

const homes: TestHome[] = []
let bundle = ''

function newHome(): TestHome {
  const home = new TestHome()
  homes.push(home)
  home.checksTape = false
  mkdirSync(home.home.tape)
  return home
}

/** A recording of ten minutes around a full hour, in two segments. */
async function record(home: TestHome, seed: number, build = engineBuild(packageRoot())): Promise<void> {
  const bench = new RecordedBench(home.home.tape, slots('BTC-5m'), seed, [bundle], build)
  bench.pump(plusMs(START, HOUR - 5 * 60_000))
  bench.tape.begin(bench.now)
  bench.deploy()
  for (let i = 0; i < 120; i++) {
    bench.pump(plusMs(bench.now, 5_000))
    for (const answer of bench.ask()) bench.tell(answer)
    bench.tape.afterCycle(bench.now)
  }
  await bench.tape.stop()
}

const verify = (...args: readonly string[]) => baton('tape', 'verify', '--decisions', ...args)

beforeAll(async () => {
  const home = newHome()
  home.write('alpha.ts', eager('alpha'))
  bundle = value(await compileStrategy(home.strategies, 'alpha', apiFile())).bundle
})
afterAll(() => Promise.all(homes.map((home) => home.remove())))

describe('tape verify --decisions', () => {
  test('a file reached by another path than its home is checked all the same', async () => {
    const home = newHome()
    await record(home, 1)
    const link = `${home.folder}-link`
    symlinkSync(home.folder, link)
    onTestFinished(() => rmSync(link))
    const file = join('simulated', 'tape', 's1-00000.tape')
    for (const [named, through] of [
      [home.folder, link],
      [link, home.folder],
    ] as const) {
      const shown = await verify(join(named, file), '--home', through, '--json')
      expect(shown).toMatchObject({ code: 0, err: '' })
      const { files, nothing } = JSON.parse(shown.out)
      expect(nothing).toBeNull()
      expect(files).toHaveLength(1)
      expect(files[0].notes).toEqual([])
      expect(files[0].decisions.decisions).toBeGreaterThan(20)
    }
  })

  test('where there was nothing to check that is said, and the exit code is not 0', async () => {
    const home = newHome()
    const empty = await verify('--home', home.folder)
    expect(empty).toMatchObject({ code: 1, err: '' })
    expect(empty.out).toMatch(/^NOTHING CHECKED: the files have no decisions that this engine build can replay\n$/)
    await record(home, 2)
    const inside = await verify('--home', home.folder, '--from', '2026-01-05T00:58:00Z')
    expect(inside).toMatchObject({ code: 0, err: '' })
    expect(inside.out).not.toContain('NOTHING')
    const late = ['--home', home.folder, '--from', '2030-01-01', '--to', '2031-01-01']
    const outside = await verify(...late)
    expect(outside).toMatchObject({ code: 1, err: '' })
    expect(outside.out).toBe(
      'Period: 2030-01-01T00:00:00.000Z to 2031-01-01T00:00:00.000Z\nNOTHING CHECKED: no recording of this home is in the period from 2030-01-01T00:00:00Z to 2031-01-01T00:00:00Z\n',
    )
    expect(JSON.parse((await verify(...late, '--json')).out)).toMatchObject({ files: [], nothing: expect.any(String) })
    // Without decisions, too: a period in which no file lies shows nothing sound.
    expect((await baton('tape', 'verify', ...late)).code).toBe(1)
    // When a damaged file is of is not known: it is shown whatever the period.
    writeFileSync(join(home.home.tape, 'x.tape'), 'nothing')
    expect((await verify(...late)).out).toContain('DAMAGED')
  })
  test('a recording of another engine build is not comparable, and not damaged', async () => {
    const home = newHome()
    await record(home, 3, 'another')
    const alone = await verify('--home', home.folder)
    expect(alone).toMatchObject({ code: 1, err: '' })
    expect(alone.out).toMatch(/^FOREIGN {2}\S+s3-00000\.tape: /)
    expect(alone.out).toContain('  not comparable: recorded by another engine build (another, this is ')
    expect(alone.out).toContain('NOTHING CHECKED')
    expect(alone.out).not.toMatch(/DAMAGED|repair|decisions replayed/)
    // Beside one that can be compared it is no reason to fail.
    await record(home, 4)
    const beside = await verify('--home', home.folder, '--json')
    expect(beside).toMatchObject({ code: 0, err: '' })
    const { sound, nothing, files } = JSON.parse(beside.out)
    expect({ sound, nothing }).toEqual({ sound: true, nothing: null })
    expect(files.map((file: { decisions: { outcome: string } }) => file.decisions.outcome).sort()).toEqual([
      'alike',
      'alike',
      'not comparable',
      'not comparable',
    ])
    // Damage in it is damage.
    const path = join(home.home.tape, 's3-00000.tape')
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(7, bytes.length - 400, bytes.length - 300))
    expect((await verify(path, '--home', home.folder)).out).toContain('DAMAGED')
  })

  test('what the caps removed is not missing; a segment gone from the middle is', async () => {
    const home = newHome()
    const run = new Recording(home.home.tape, { keepHours: 1e6, maxBytes: 240_000 })
    while (run.now < START + 5 * HOUR) {
      run.step()
      await run.tape.flush()
    }
    await run.tape.stop()
    const left = readdirSync(home.home.tape).sort()
    expect(left.length).toBeGreaterThanOrEqual(3)
    expect(left).not.toContain('s-00000.tape')
    expect(listTapes(home.home.tape).recordings[0]?.gaps).toEqual([])
    expect((await baton('tape', 'verify', '--home', home.folder)).code).toBe(0)
    const first = Number(left[0]?.slice(2, 7))
    expect((await baton('tape', 'ls', '--home', home.folder)).out).toContain(
      `s: begins with segment ${first}; older segments were deleted`,
    )
    rmSync(join(home.home.tape, left[1] ?? ''))
    const lacking = await baton('tape', 'verify', '--home', home.folder)
    expect(lacking.code).toBe(1)
    expect(lacking.out).toContain(`MISSING  s: segment ${first + 1} is missing`)
  })
})
