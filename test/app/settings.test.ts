import { chmodSync, cpSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { readStatus } from '../../src/main/control/status-file.ts'
import { parseConfig, salvageConfig } from '../../src/shared/config.ts'
import { baton } from '../support/cli.ts'
import { eager, TestHome, until } from '../support/desk.ts'
import { some } from '../support/some.ts'

const homes: TestHome[] = []
afterEach(() => Promise.all(homes.splice(0).map((home) => home.remove())))

const CONFIG = { slots: ['BTC-5m', 'ETH-5m', 'BTC-15m'], assign: { '*-5m': 'snipe', '*-15m': 'snipe' } }

function newHome(): TestHome {
  const home = new TestHome(CONFIG)
  homes.push(home)
  home.write('snipe.ts', eager('snipe'))
  return home
}

let traded: TestHome | undefined

/** A home in which a desk has traded and holds something; a copy of the first one made. */
async function tradedHome(): Promise<TestHome> {
  if (traded === undefined) {
    traded = await trade()
    homes.splice(homes.indexOf(traded), 1)
  }
  const home = newHome()
  home.checksTape = false
  cpSync(traded.folder, home.folder, { recursive: true })
  return home
}
afterAll(() => traded?.remove())

async function trade(): Promise<TestHome> {
  const home = newHome()
  const { desk } = await home.station()
  await desk.dispatcher.dispatch(
    { kind: 'caps', reason: 'test', stakePerOrderUsd: 6, exposurePerAccountUsd: 40 },
    'desk',
  )
  await until('a position', () => desk.engine.state.positions.size > 0)
  await home.close()
  return home
}

function change(home: TestHome, sql: string): void {
  const db = new Database(home.home.database)
  db.exec(sql)
  db.close()
}

/** Each setting that an operator made, and what makes it unreadable. */
const BROKEN: readonly (readonly [string, (home: TestHome) => void, string])[] = [
  ['config.json that is no JSON', (home) => writeFileSync(home.home.config, '{ "caps": '), 'config.json'],
  ['config.json that is empty', (home) => writeFileSync(home.home.config, ''), 'config.json'],
  ['config.json with an unknown key', (home) => home.configure({ ...CONFIG, capz: {} }), '"capz"'],
  [
    'a cap that is no number',
    (home) => home.configure({ ...CONFIG, caps: { lossPerDayUsd: '5 USD' } }),
    'caps.lossPerDayUsd',
  ],
  ['slots that are none', (home) => home.configure({ slots: ['BTC5m'] }), 'slots'],
  ['config.json that is a folder', (home) => mkdirSync(home.home.config), 'config.json'],
  [
    'caps of the journal with a field more',
    (home) => change(home, `UPDATE settings SET json = json_set(json, '$.perMoon', 3) WHERE name = 'caps'`),
    'the caps set by command',
  ],
  [
    'caps of the journal with a field less',
    (home) => change(home, `UPDATE settings SET json = json_remove(json, '$.lossPerDay') WHERE name = 'caps'`),
    'the caps set by command',
  ],
  [
    'an assignment of the journal',
    (home) => change(home, `INSERT INTO settings VALUES ('assignment', 'BTC-5m', '{"to":"fade"}')`),
    'to which strategy BTC-5m was given',
  ],
  [
    'a canary of the journal',
    (home) => change(home, `INSERT INTO settings VALUES ('canary', 'snipe', '{"version":7}')`),
    'the part that the canary snipe has',
  ],
  [
    'the record of a live version',
    (home) => change(home, `UPDATE versions SET tenure = '{"since":0}' WHERE state = 'live'`),
    'since it went live',
  ],
  [
    'whether trading is paused',
    (home) => change(home, `UPDATE desk SET trading = 'halted'`),
    'whether trading was paused or killed',
  ],
  [
    'a pause of the journal',
    (home) => change(home, "INSERT INTO pauses VALUES ('moon', 'BTC-5m', 'a test')"),
    'which slots and strategies are paused',
  ],
  [
    'a state that a version keeps',
    (home) => change(home, "INSERT INTO kept_states VALUES ('odd', 'BTC-15m', 1, '{}')"),
    'states that versions keep',
  ],
  [
    'the state of a strategy',
    (home) => change(home, "INSERT INTO strategy_states VALUES ('odd', 'snipe', 'odd', 1, '{}')"),
    'states of strategies',
  ],
  [
    'a handoff',
    (home) =>
      change(
        home,
        `INSERT INTO handoffs (ts, reason, subject, subject_id, from_owner, to_owner)
         SELECT opened_at, 'moon', 'position', id, opened_by, owned_by FROM positions LIMIT 1`,
      ),
    'why positions or orders have the owners they have',
  ],
  [
    'a deployment on probation',
    (home) =>
      change(
        home,
        `UPDATE deployments SET state = 'probation', policy = '{"probation":{"verdict":"running"}}'
         WHERE rowid = (SELECT max(rowid) FROM deployments)`,
      ),
    'a deployment that is on probation or a canary',
  ],
]

describe('R1, I12: what an operator set and nobody can read any more', () => {
  test.each(BROKEN)('%s: the desk starts held, names it, and manages what is open', async (_, breakIt, named) => {
    const home = await tradedHome()
    if (named === 'config.json') rmSync(home.home.config)
    breakIt(home)
    const station = await home.station()
    const { desk } = station
    const open = some(desk.engine.state.positions.values())
    expect(desk.engine.state.holds.get('settings')).toContain(named)
    expect(desk.hub.status()).toMatchObject({ trading: 'paused', tradingReason: expect.stringContaining(named) })
    await until('status.json names it', () => readStatus(home.home.status)?.holds[0]?.reason.includes(named) === true)
    // The tightest of what can be read, and no way round it.
    expect(desk.engine.state.caps.stakePerOrder).toBeLessThanOrEqual(10_000_000)
    expect(await desk.dispatcher.dispatch({ kind: 'resume' }, 'desk')).toMatchObject({
      outcome: 'refused',
      code: 'never',
    })
    await until('it has decided', () => desk.loop.figures.decisions > 0)
    expect(desk.loop.figures.orders).toBe(0)
    // What was open has an owner.
    for (const position of open) expect(position.ownedBy).toBeTruthy()
  })

  test('caps that can be read in part hold in part', async () => {
    const home = await tradedHome()
    change(home, `UPDATE settings SET json = json_set(json, '$.perMoon', 3) WHERE name = 'caps'`)
    const { desk } = await home.station()
    expect(desk.engine.state.caps.stakePerOrder).toBe(6_000_000)
    expect(desk.engine.state.caps.exposurePerAccount).toBe(40_000_000)
  })

  test('"run" and the reading commands end with 2 and one line', async () => {
    const home = newHome()
    writeFileSync(home.home.config, '{ "caps": { "lossPerDayUsd": "much" } }')
    for (const args of [
      ['run', '--for', '1m', '--strategies', home.strategies],
      ['audit'],
      ['replay', '--strategy', 'snipe', '--tape', join(home.folder, 'none')],
    ]) {
      const { code, err, out } = await baton(...args, '--home', home.folder, '--json')
      expect([args[0], code, err]).toEqual([args[0], 2, expect.stringMatching(/^baton: .*caps\.lossPerDayUsd.*\n$/)])
      expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual({
        error: expect.stringContaining('lossPerDayUsd'),
      })
    }
  })

  test('any config is read as far as it can be', () => {
    const read = salvageConfig({
      slots: ['BTC-5m', 'nonsense'],
      caps: { stakePerOrderUsd: 4, lossPerDayUsd: 'x', more: 1 },
      port: 0,
      unknown: {},
    })
    expect(read).toMatchObject({ port: 0, caps: { stakePerOrderUsd: 4, lossPerDayUsd: 150 } })
    expect(read.slots).toHaveLength(16)
    for (const input of [
      undefined,
      null,
      7,
      'text',
      [],
      [{}],
      { assign: 5 },
      { proof: { hours: -1 } },
      { tape: null },
    ]) {
      const parsed = parseConfig(salvageConfig(input))
      expect(parsed.ok, JSON.stringify(input)).toBe(true)
    }
  })
})

describe('P1: nobody else on this computer reads the books', () => {
  test('folder and database are closed, also where they were open before', async () => {
    const home = newHome()
    chmodSync(home.folder, 0o755)
    const mode = (path: string) => statSync(path).mode & 0o777
    const { desk } = await home.station()
    await until('a cycle', () => desk.loop.figures.cycles > 0)
    expect(mode(home.folder)).toBe(0o700)
    for (const suffix of ['', '-wal', '-shm']) expect(mode(home.home.database + suffix)).toBe(0o600)
    expect(mode(home.home.logs)).toBe(0o700)
  })
})
