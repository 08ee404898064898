import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { apiFile, packageRoot } from '../../src/main/app/home.ts'
import { compileStrategy } from '../../src/main/deploy/compile.ts'
import { engineBuild } from '../../src/main/platform/engine-build.ts'
import { HOUR, plusMs } from '../../src/shared/domain/time.ts'
import { START, slots } from '../support/bench-engine.ts'
import { baton } from '../support/cli.ts'
import { eager, TestHome } from '../support/desk.ts'
import { RecordedBench } from '../support/recorded.ts'
import { value } from '../support/tape.ts'

const homes: TestHome[] = []
let bundle = ''

function newHome(): TestHome {
  const home = new TestHome()
  homes.push(home)
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
    const file = join('tape', 's1-00000.tape')
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
    expect(empty.out).toBe('NOTHING CHECKED: no decisions of a desk are on what was looked at\n')
    await record(home, 2)
    const inside = await verify('--home', home.folder, '--from', '2026-01-05T00:58:00Z')
    expect(inside).toMatchObject({ code: 0, err: '' })
    expect(inside.out).not.toContain('NOTHING')
    const late = ['--home', home.folder, '--from', '2030-01-01', '--to', '2031-01-01']
    const outside = await verify(...late)
    expect(outside).toMatchObject({ code: 1, err: '' })
    expect(outside.out).toBe(
      'NOTHING CHECKED: no recording of this home lies in the period from 2030-01-01T00:00:00Z to 2031-01-01T00:00:00Z\n',
    )
    expect(JSON.parse((await verify(...late, '--json')).out)).toMatchObject({ files: [], nothing: expect.any(String) })
    // Without decisions, too: a period in which no file lies shows nothing sound.
    expect((await baton('tape', 'verify', ...late)).code).toBe(1)
    // When a damaged file is of is not known: it is shown whatever the period.
    writeFileSync(join(home.home.tape, 'x.tape'), 'nothing')
    expect((await verify(...late)).out).toContain('DAMAGED')
  })
})
