import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { baton, temporaryFolder } from '../support/cli.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const KEYS =
  'cycles missedCycles decisions decisionsHash orders fills settled openPositions pnlUsd feesUsd reloads swapMsMax duplicateEntries orphanPositions ledgerBalanced versions'.split(
    ' ',
  )

async function summary(seed: number, home: string): Promise<Record<string, unknown>> {
  const args = ['--seed', String(seed), '--speed', 'max', '--for', '1h', '--json', '--home', join(folder.path, home)]
  const { code, out, err } = await baton('run', ...args)
  expect(err).toBe('')
  expect(code).toBe(0)
  expect(out.trim().split('\n')).toHaveLength(1)
  return JSON.parse(out)
}

/** The summary without values that depend on real time. */
function repeatable({ swapMsMax: _, ...rest }: Record<string, unknown>): Record<string, unknown> {
  return rest
}

describe('baton run', () => {
  it('prints one line, which is equal for equal seeds and differs for others', async () => {
    const first = await summary(7, 'a')
    expect(Object.keys(first)).toEqual(KEYS)
    expect(first.versions).toHaveLength(2)
    const fields = ['strategy', 'version', 'label', 'trades', 'wins', 'pnlUsd']
    for (const version of [first.versions].flat()) expect(Object.keys(Object(version))).toEqual(fields)
    expect(first).toMatchObject({ missedCycles: 0, duplicateEntries: 0, orphanPositions: 0, ledgerBalanced: true })
    expect(repeatable(await summary(7, 'b'))).toEqual(repeatable(first))
    expect((await summary(8, 'c')).decisionsHash).not.toBe(first.decisionsHash)
  })

  it('prints lists as JSON', async () => {
    const home = join(folder.path, 'a')
    const list = async (...args: string[]): Promise<readonly Record<string, unknown>[]> =>
      JSON.parse((await baton(...args, '--home', home, '--json')).out)
    const versions = await list('versions')
    expect(versions.map((row) => row.strategy).toSorted()).toEqual(['fade', 'snipe'])
    const deployments = await list('deployments', '--limit', '1')
    expect(deployments).toHaveLength(1)
    expect(deployments[0]).toMatchObject({ state: 'kept', trigger: 'start' })
    const trades = await list('trades', '--limit', '5', '--slot', 'BTC-5m')
    expect(trades.length).toBeGreaterThan(0)
    expect(trades.every((row) => row.slot === 'BTC-5m')).toBe(true)
    const hash = String(versions[0]?.hash)
    const shown = await baton('versions', 'show', hash.slice(0, 8), '--home', home)
    expect(shown.out).toContain('defineStrategy')
    const table = await baton('trades', '--limit', '1', '--home', home)
    expect(table.out).toMatch(/\n\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}P-\d+/)
  })
})

describe('wrong usage is one line on stderr and exit code 2:', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['runn', /unknown command 'runn' \(Did you mean run\?\)/],
    ['run', /--for is required/],
    ['run --fo 3h', /unknown option '--fo' \(Did you mean --for\?\)/],
    ['run --for soon', /a duration is written like 90s/],
    ['run --for 1h extra', /too many arguments/],
    ['run --for 1h --market nope', /one of simulated, paper, live/],
    ['run --for 1h --tape x --feed simulated', /--tape goes with --feed tape/],
    ['ctl frezze', /Did you mean freeze/],
    ['ctl freeze', /required option '--reason <why>'/],
    ['ctl freeze --reason x --until soon', /ISO 8601/],
    ['ctl kill --positions sell', /hold or flatten/],
    ['ctl rearm --confirm yes --reason x', /type REARM/],
    ['ctl pause --reason x --slot btc', /written like BTC-5m/],
    ['trades --limit 0', /whole number from 1/],
    ['versions show xyz', /hex digits/],
  ]
  it.each(cases)('%s', async (args, message) => {
    const { code, out, err } = await baton(...args.split(' '))
    expect(err).toMatch(message)
    expect(err).toMatch(/^baton: [^\n]*\n$/)
    expect(out).toBe('')
    expect(code).toBe(2)
  })

  it('an invalid configuration', async () => {
    const home = join(folder.path, 'bad')
    mkdirSync(home)
    writeFileSync(join(home, 'config.json'), '{"acount": 1}')
    const { code, err } = await baton('run', '--for', '1h', '--speed', 'max', '--home', home)
    expect(err).toMatch(/config\.json: .*acount/)
    expect(code).toBe(2)
    const doctor = await baton('doctor', '--home', home)
    expect(doctor.out).toMatch(/fail {2}config\.json/)
    expect(doctor.code).toBe(1)
  })
})

describe('baton doctor', () => {
  it('finds no failure in the home of a finished run, also as JSON', async () => {
    const { code, out } = await baton('doctor', '--home', join(folder.path, 'b'), '--json')
    const checks: readonly { name: string; state: string }[] = JSON.parse(out)
    expect(checks.filter((check) => check.state === 'fail')).toEqual([])
    expect(checks.map((check) => check.name)).toEqual(
      expect.arrayContaining(['Node', 'TypeScript', 'baton.db', 'snipe.ts']),
    )
    expect(code).toBe(0)
  })
})
