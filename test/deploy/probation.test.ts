import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { afterAll, describe, expect, test } from 'vitest'
import { newTenure } from '../../src/engine/versions/tenure.ts'
import type { Desk } from '../../src/main/app/desk-life.ts'
import { listDeployments, listVersions } from '../../src/main/db/queries.ts'
import { brokenBounds, chanceOfSoFew, judgeProbation } from '../../src/main/deploy/probation.ts'
import { parseConfig } from '../../src/shared/config.ts'
import { usdOf } from '../../src/shared/domain/money.ts'
import { HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { deploy, eager, reportedRows, TestHome, until } from '../support/desk.ts'
import { expectOwner, held } from '../support/some.ts'

const RULES = (() => {
  const config = parseConfig({})
  if (!config.ok) throw new Error(config.error)
  return config.value.probation
})()

const START = unixMs(Date.UTC(2026, 0, 5))

function judge(change: object, facts: object = {}) {
  const tenure = Object.assign(newTenure(START, undefined), change)
  return judgeProbation({ now: START, tenure, slots: 8, stopped: false, proof: null, ...facts }, RULES)
}

describe('a version on probation', () => {
  test('is watched for its windows, or its longest time, and then kept', () => {
    expect(judge({ windows: 23 })).toMatchObject({ verdict: 'running', windowsNeeded: 24 })
    expect(judge({ windows: 24 })).toMatchObject({ verdict: 'passed' })
    expect(judge({ windows: 1 }, { now: START + RULES.maxHours * HOUR })).toMatchObject({ verdict: 'passed' })
  })

  test.each([
    ['faults', { faults: 3 }, 3, 2, 'faults 3, bound 2'],
    ['late answers', { late: 3 }, 3, 2, 'late answers 3, bound 2'],
    ['rejected orders', { rejected: 6 }, 6, 5, 'rejected orders 6, bound 5'],
    ['drawdown', { drawdown: usdOf(50.01) }, 50.01, 50, 'drawdown $50.01, bound $50.00'],
  ])('is rolled back beyond its bound of %s, with the figure', (name, change, value, bound, words) => {
    const row = judge(change)
    expect(row.verdict).toBe('failed')
    expect(row.bounds.filter(({ passed }) => !passed)).toMatchObject([{ name, value, bound }])
    expect(row.reason).toBe(words)
  })

  test('is rolled back when it wins far more rarely than its proof did, and not before there are enough trades', () => {
    const proof = { trades: 200, wins: 160 }
    expect(judge({ trades: 7, wins: 0 }, { proof }).verdict).toBe('running')
    expect(judge({ trades: 12, wins: 9 }, { proof }).verdict).toBe('running')
    const row = judge({ trades: 12, wins: 3 }, { proof })
    expect(row.verdict).toBe('failed')
    expect(brokenBounds(row)).toEqual(['win rate'])
    expect(row.reason).toMatch(/so few wins had a chance of 0\.\d+ % by its proof, bound 0\.2 %/)
  })

  test('the chance of so few wins is the beta-binomial tail', () => {
    // By direct integration of Binomial(w | n, p) over the posterior Beta(p | a, b) with a step of 1e-6.
    const integral = (n: number, w: number, a: number, b: number) => {
      let [weight, sum] = [0, 0]
      for (let i = 0.5; i < 1e6; i++) {
        const p = i / 1e6
        const density = Math.exp((a - 1) * Math.log(p) + (b - 1) * Math.log(1 - p))
        let [tail, term] = [0, (1 - p) ** n]
        for (let k = 0; k <= w; k++) {
          tail += term
          term *= ((n - k) / (k + 1)) * (p / (1 - p))
        }
        weight += density
        sum += density * tail
      }
      return sum / weight
    }
    for (const [n, w, trades, wins] of [
      [12, 3, 20, 16],
      [8, 5, 6, 5],
      [24, 20, 40, 36],
    ] as const)
      expect(chanceOfSoFew({ trades: n, wins: w }, { trades, wins })).toBeCloseTo(
        integral(n, w, wins + 1, trades - wins + 1),
        9,
      )
  })

  test('of 1,000 deployments of one and the same version hardly any is rolled back for nothing', () => {
    const random = xoroshiro128plus(17)
    const uniform = () => (random.next() >>> 0) / 2 ** 32
    let back = 0
    for (let run = 0; run < 1_000; run++) {
      const wins = Array.from({ length: 150 }, () => uniform() < 0.78).filter(Boolean).length
      const tenure = newTenure(START, undefined)
      for (let window = 1; window <= 24; window++) {
        tenure.windows = window
        if (uniform() < 0.7) {
          const won = uniform() < 0.78
          tenure.trades++
          if (won) tenure.wins++
          tenure.pnl = usdOf((tenure.pnl + (won ? 1_600_000 : -5_050_000)) / 1e6)
          if (tenure.pnl > tenure.peak) tenure.peak = tenure.pnl
          if (tenure.peak - tenure.pnl > tenure.drawdown) tenure.drawdown = usdOf((tenure.peak - tenure.pnl) / 1e6)
        }
        const facts = { now: START, tenure, slots: 8, stopped: false, proof: { trades: 150, wins } }
        if (judgeProbation(facts, RULES).verdict !== 'failed') continue
        back++
        break
      }
    }
    console.log(`identical versions rolled back for nothing: ${back} of 1,000`)
    expect(back).toBeLessThanOrEqual(10)
  })
})

const homes: TestHome[] = []
afterAll(async () => {
  for (const home of homes) await home.remove()
})

const CONFIG = { slots: ['BTC-5m', 'ETH-5m'], assign: { '*-5m': 'snipe' } }

async function trading(config: object = {}): Promise<{ home: TestHome; desk: Desk }> {
  const home = new TestHome({ ...CONFIG, probation: { windows: 3 }, ...config })
  homes.push(home)
  home.write('snipe.ts', eager('snipe', 1))
  const desk = await home.desk()
  await desk.life.start()
  await until('it holds something', () => desk.engine.state.positions.size > 0)
  return { home, desk }
}

/** Sound at its dry run; from its third decision on it does something else. */
const turning = (marker: number, into: string) =>
  eager('snipe', marker)
    .replace(
      'initialState: () => ({ entries: 0 }),',
      'initialState: () => ({ entries: 0, seen: 0 }), migrate: (old) => ({ entries: 0, ...(old as object), seen: 0 }),',
    )
    .replace(
      "return { state, why: 'hold ' + params.marker }",
      `{ ${into}; return { state: { ...state, seen: state.seen + 1 }, why: 'hold ' + params.marker } }`,
    )
    .replace('{ entries: state.entries + 1 }', '{ entries: state.entries + 1, seen: 0 }')

const THROW = "if (state.seen > 1) throw new Error('planted')"

/** Each is stopped by a fault. */
const BAD = {
  throws: turning(2, THROW),
  spins: turning(2, 'if (state.seen > 1) for (;;) state.seen'),
  'answers after its deadline': turning(2, 'if (state.seen > 1) for (let n = 0; n < 2e10; n++) n++'),
}

/** Buys and sells again, cycle after cycle: it pays spread and fees each time. */
const LOSING = eager('snipe', 2).replace(
  'const side',
  "const held = view.position\n    if (held !== null && view[held.side].bid !== null) return { state, intents: [{ kind: 'exit', limit: 0.01, why: 'out again' }] }\n    const side",
)

// Mostly they wait for cycles, each on a desk of its own.
describe.concurrent('a bad version that was let through', () => {
  test.each(Object.entries(BAD))(
    '%s: the last good one is back by itself, with every position, and it is said',
    async (name, source) => {
      const { home, desk } = await trading()
      const rows = reportedRows(desk)
      const good = desk.engine.state.live.get('snipe')
      const open = await held(desk.engine.state)
      home.write('snipe.ts', source)
      const outcome = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', override: 'a test' }, 'cli')
      expect(outcome.outcome, outcome.message).toBe('done')
      const bad = listDeployments(desk.journal.db, 5).find((row) => row.trigger === 'reload')
      expect(bad).toMatchObject({ state: 'probation', endedAt: null })
      const swapped = performance.now()
      await until(
        'it is rolled back',
        () => listDeployments(desk.journal.db, 5).some((row) => row.state === 'rolled-back'),
        60_000,
      )
      const cost = listVersions(desk.journal.db).find((version) => version.number === 2)?.pnl ?? 0
      const seconds = ((performance.now() - swapped) / 1000).toFixed(1)
      console.log(
        `one that ${name}: rolled back ${seconds} s after its swap, its profit ${(cost / 1e6).toFixed(2)} USD`,
      )
      expect(desk.engine.state.live.get('snipe')).toBe(good)
      expect(desk.engine.state.versions.get(good ?? ('' as never))?.state).toBe('live')
      const [back] = listDeployments(desk.journal.db, 1)
      expect(back).toMatchObject({ trigger: 'rollback', by: 'probation', state: 'kept', version: { hash: good } })
      const failed = listDeployments(desk.journal.db, 5).find((row) => row.state === 'rolled-back')
      const end = { code: 'rolled-back', to: back?.version?.label, breach: ['fault'] }
      expect(rows.get(failed?.id ?? '')).toMatchObject({ version: { number: 2 }, end })
      expect(failed?.probation).toMatchObject({ verdict: 'failed' })
      expectOwner(open, good)
      expect(desk.loop.figures.missedCycles).toBe(0)
    },
  )

  test('loses: the last good one is back by itself once the drawdown is at its bound', async () => {
    const home = new TestHome({
      slots: ['BTC-5m', 'ETH-5m', 'SOL-5m', 'XRP-5m'],
      assign: { '*-5m': 'snipe' },
      probation: { windows: 60, maxDrawdownUsd: 8 },
    })
    homes.push(home)
    home.write('snipe.ts', eager('snipe', 1))
    const desk = await home.desk({ speed: 240, from: START, forMs: 4 * HOUR })
    const rows = reportedRows(desk)
    await desk.life.start()
    await until('it holds something', () => desk.engine.state.positions.size > 0)
    const good = desk.engine.state.live.get('snipe')
    home.write('snipe.ts', LOSING)
    const swapped = await desk.dispatcher.dispatch({ kind: 'reload', strategy: 'snipe', override: 'a test' }, 'cli')
    expect(swapped.outcome, swapped.message).toBe('done')
    const row = () => listDeployments(desk.journal.db, 9).find(({ version }) => version?.number === 2)
    await until('it is rolled back', () => row()?.state === 'rolled-back')
    const { id, swappedAt, endedAt, probation, reason } = row() ?? {}
    const minutes = (((endedAt ?? 0) - (swappedAt ?? 0)) / 60_000).toFixed(0)
    console.log(`one that loses: rolled back ${minutes} min of market time after its swap, ${reason}`)
    expect(rows.get(id ?? '')).toMatchObject({ end: { code: 'rolled-back', breach: ['drawdown'] } })
    const drawdown = { name: 'drawdown', bound: 8, passed: false }
    expect(probation).toMatchObject({
      verdict: 'failed',
      bounds: expect.arrayContaining([expect.objectContaining(drawdown)]),
    })
    expect(desk.engine.state.live.get('snipe')).toBe(good)
    expect(desk.loop.figures.missedCycles).toBe(0)
  })

  test('two automatic rollbacks freeze deployments until a person has looked', async () => {
    const { home, desk } = await trading()
    for (const marker of [3, 4]) {
      home.write('snipe.ts', turning(marker, THROW))
      const row = await deploy(desk, 'snipe')
      expect(row.state, row.reason ?? '').toBe('probation')
      const count = () => listDeployments(desk.journal.db, 20).filter((row) => row.state === 'rolled-back').length
      await until('it is rolled back', () => count() === marker - 2, 60_000)
    }
    await until('deployments are frozen', () => desk.engine.state.freeze !== null)
    expect(desk.engine.state.freeze?.reason).toMatch(/2 automatic rollbacks, bound 2: look into them, then unfreeze/)
    home.write('snipe.ts', eager('snipe', 9))
    void deploy(desk, 'snipe')
    await until('the candidate waits', () => listDeployments(desk.journal.db, 1)[0]?.state === 'waiting')
    expect(listDeployments(desk.journal.db, 1)[0]?.policy?.waits).toMatchObject([{ rule: 'freeze' }])
    const [live] = listVersions(desk.journal.db).filter((version) => version.state === 'live')
    expect(live?.number).toBe(1)
  })

  test('so many deployments of a day freeze further ones until the next', async () => {
    const none = { minMinutes: 0, minTrades: 0, maxMinutes: 0 }
    const { home, desk } = await trading({
      policy: { enforceOn: ['simulated'], cooldown: none, deploymentsPerDay: 2 },
      probation: { windows: 0 },
    })
    for (const marker of [6, 7]) {
      home.write('snipe.ts', eager('snipe', marker))
      const row = await deploy(desk, 'snipe')
      expect(row.state, row.reason ?? '').toBe('kept')
    }
    expect(desk.engine.state.freeze).toMatchObject({ reason: '2 deployments today, bound 2' })
    expect((desk.engine.state.freeze?.until ?? 0) % 86_400_000).toBe(0)
    home.write('snipe.ts', eager('snipe', 8))
    void deploy(desk, 'snipe')
    await until('the candidate waits', () => listDeployments(desk.journal.db, 1)[0]?.state === 'waiting')
    expect(listDeployments(desk.journal.db, 1)[0]?.policy?.waits).toMatchObject([{ rule: 'freeze' }])
  })

  test('probation goes on after a restart', async () => {
    const { home, desk } = await trading()
    const good = desk.engine.state.live.get('snipe')
    home.write('snipe.ts', turning(5, 'if (state.seen > 3) throw new Error("planted")'))
    expect((await deploy(desk, 'snipe')).state).toBe('probation')
    await desk.life.stop()
    const again = await home.desk()
    await again.life.start()
    expect(listDeployments(again.journal.db, 1)[0]?.state).toBe('probation')
    await until('it is rolled back', () => again.engine.state.live.get('snipe') === good, 90_000)
  })
})
