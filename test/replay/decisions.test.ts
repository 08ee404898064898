import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileStrategy } from '../../src/main/deploy/compile.ts'
import { apiFile } from '../../src/main/platform/package-files.ts'
import { checkDecisions } from '../../src/main/replay/decision-check.ts'
import type { Recorded } from '../../src/main/replay/recorded-events.ts'
import { seamDifference } from '../../src/main/replay/seam-check.ts'
import { HOUR, plusMs, type UnixMs, unixMs } from '../../src/shared/domain/time.ts'
import { START, slots } from '../support/bench-engine.ts'
import { TestHome } from '../support/desk.ts'
import { type Answer, checkAll, type Edit, RecordedBench, rewrite } from '../support/recorded.ts'
import { some } from '../support/some.ts'
import { value } from '../support/tape.ts'

/** Wants something of every kind at moments that look random, remembers, looks at candles, and sometimes throws. */
const wild = (salt: number, faults: number) => `import { defineStrategy } from 'baton'
export default defineStrategy({
  name: 'alpha',
  history: { '1m': 3 },
  initialState: () => ({ n: ${salt} }),
  migrate: (old) => ({ n: (old.n ?? 0) + ${salt} }),
  decide: (view, state) => {
    let n = (state.n + Math.round(view.price * 100) + view.secondsLeft + view.slot.length * ${salt}) % 2147483648
    const next = () => {
      n = (n * 48271) % 2147483647
      return n / 2147483647
    }
    if (next() < ${faults}) throw new Error('planted at ' + view.secondsLeft)
    const last = view.candles('1m').close(0)
    const why = 'n ' + n + ' close ' + (last) + ' ' + view.regime
    const intents = []
    if (next() < 0.3) intents.push({ kind: 'enter', side: next() < 0.5 ? 'up' : 'down', limit: Math.ceil(next() * 99) / 100, stakeUsd: 5 + next() * 6, why })
    if (next() < 0.2) intents.push({ kind: 'enter', side: 'up', limit: Math.ceil(next() * 99) / 100, stakeUsd: 5, tif: 'GTC', postOnly: next() < 0.5, why })
    if (next() < 0.2) intents.push({ kind: 'exit', limit: Math.ceil(next() * 50) / 100, why })
    const order = view.orders[0]
    if (order !== undefined && next() < 0.3) intents.push({ kind: 'cancel', orderId: order.id, why })
    return { state: { n }, intents, why }
  },
})
`

type Action =
  | { readonly do: 'cycles'; readonly count: number }
  | {
      readonly do:
        | 'look'
        | 'swap'
        | 'canary'
        | 'promote'
        | 'dismiss'
        | 'fatal'
        | 'kill'
        | 'flatten'
        | 'rearm'
        | 'pause'
        | 'resume'
        | 'idle'
    }
  | { readonly do: 'late'; readonly swap: boolean; readonly cycles: number }

const plain = (kind: Exclude<Action['do'], 'cycles' | 'late'>) => fc.constant({ do: kind })
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('cycles' as const), count: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 4, arbitrary: plain('swap') },
  { weight: 3, arbitrary: plain('canary') },
  { weight: 2, arbitrary: plain('promote') },
  { weight: 1, arbitrary: plain('dismiss') },
  { weight: 4, arbitrary: plain('look') },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('late' as const),
      swap: fc.boolean(),
      cycles: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: plain('fatal') },
  { weight: 1, arbitrary: plain('kill') },
  { weight: 1, arbitrary: plain('flatten') },
  { weight: 2, arbitrary: plain('rearm') },
  { weight: 1, arbitrary: plain('pause') },
  { weight: 2, arbitrary: plain('resume') },
  { weight: 2, arbitrary: plain('idle') },
)

const home = new TestHome()
const bundles: string[] = []
let folders = 0

beforeAll(async () => {
  for (const [salt, faults] of [
    [11, 0],
    [5, 0.02],
    [7, 0.3],
  ] as const) {
    home.write('alpha.ts', wild(salt, faults))
    bundles.push(value(await compileStrategy(home.strategies, 'alpha', apiFile())).bundle)
  }
})
afterAll(() => home.remove())

function newBench(seed: number, code = bundles): RecordedBench & { readonly folder: string } {
  const folder = join(home.folder, `tape-${folders++}`)
  mkdirSync(folder)
  const bench = new RecordedBench(folder, slots('BTC-5m', 'ETH-5m', 'BTC-15m'), seed, code)
  // Shortly before an hour ends, so that a session reaches into the next segment.
  bench.pump(plusMs(START, HOUR - 4 * 60_000))
  bench.tape.begin(bench.now)
  bench.deploy()
  return Object.assign(bench, { folder })
}

function step(bench: RecordedBench): void {
  bench.pump(plusMs(bench.now, 5_000))
  for (const answer of bench.ask()) bench.tell(answer)
  bench.tape.afterCycle(bench.now)
}

function late(bench: RecordedBench, { swap, cycles }: Extract<Action, { do: 'late' }>): void {
  bench.pump(plusMs(bench.now, 5_000))
  const waiting: Answer[] = bench.ask()
  for (let i = 0; i < cycles; i++) {
    bench.pump(plusMs(bench.now, 5_000))
    waiting.push(...bench.ask())
  }
  const version = bench.engine.state.live.get('alpha')
  if (swap && version !== undefined) {
    bench.deliver({ kind: 'fault', ts: bench.now, version, slot: null, fatal: true, message: 'deadline' })
    bench.deploy()
  }
  // The newest first: what was asked before is out of date by then.
  for (const answer of waiting.toReversed()) bench.tell(answer)
  bench.tape.afterCycle(bench.now)
}

function perform(bench: RecordedBench, action: Action): void {
  switch (action.do) {
    case 'cycles':
      for (let i = 0; i < action.count; i++) step(bench)
      return
    case 'late':
      return late(bench, action)
    case 'swap':
      return bench.deploy()
    case 'canary':
      return bench.tryOut()
    case 'promote':
      if (bench.engine.state.canaries.has('alpha')) bench.promote('alpha', '{"n":3}')
      return
    case 'dismiss':
      if (bench.engine.state.canaries.has('alpha'))
        bench.deliver({ kind: 'endCanary', ts: bench.now, strategy: 'alpha', why: 'test' })
      return
    case 'look':
      // A dry run of a candidate, and a window that shows regimes: neither is told to the engine.
      bench.pump(plusMs(bench.now, 61_000))
      bench.engine.dryViews('alpha')
      for (const { regime } of some(bench.engine.state.assets.values())) expect(regime).not.toBe('')
      bench.tape.afterCycle(bench.now)
      return
    case 'fatal': {
      const version = bench.engine.state.live.get('alpha')
      if (version !== undefined)
        bench.deliver({ kind: 'fault', ts: bench.now, version, slot: null, fatal: true, message: 'deadline' })
      return
    }
    case 'kill':
    case 'flatten':
      bench.command({ kind: 'kill', positions: action.do === 'kill' ? 'hold' : 'flatten' })
      return
    case 'rearm':
      bench.command({ kind: 'rearm', confirm: 'REARM', reason: 'test' })
      return
    case 'pause':
      bench.command({ kind: 'pause', reason: 'test' })
      return
    case 'resume':
      bench.command({ kind: 'resume' })
      return
    case 'idle':
      bench.pump(plusMs(bench.now, 20 * 60_000))
  }
}

describe('I7: a recorded session', () => {
  test('decides the same again, byte for byte, whatever deployments, faults, kills and late answers were in it', async () => {
    const seen = { seams: 0, decisions: 0, faults: 0, orders: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(action, { minLength: 8, maxLength: 20 }),
        async (seed, actions) => {
          const bench = newBench(seed)
          for (const one of actions) perform(bench, one)
          bench.pump(plusMs(bench.now, 10 * 60_000))
          await bench.tape.stop()
          const { seams, decisions, unchecked, differences } = checkAll(bench.folder)
          expect(differences).toEqual([])
          expect(unchecked).toBe(0)
          seen.seams += seams
          seen.decisions += decisions
          seen.faults += bench.events('fault').length
          seen.orders += bench.records.filter((record) => record.t === 'intent').length
        },
      ),
      {
        numRuns: 30,
        examples: [
          // The live version gets a slot back from its canary, with a state under a number that it has seen.
          [
            18,
            [
              { do: 'swap' },
              { do: 'cycles', count: 10 },
              { do: 'cycles', count: 19 },
              { do: 'canary' },
              { do: 'look' },
              { do: 'cycles', count: 11 },
              { do: 'fatal' },
              { do: 'rearm' },
              { do: 'late', swap: false, cycles: 0 },
              { do: 'resume' },
              { do: 'cycles', count: 1 },
              { do: 'idle' },
              { do: 'fatal' },
            ],
          ],
          [
            1,
            [
              { do: 'cycles', count: 12 },
              { do: 'idle' },
              { do: 'idle' },
              { do: 'cycles', count: 15 },
              { do: 'late', swap: false, cycles: 2 },
              { do: 'rearm' },
              { do: 'idle' },
              { do: 'flatten' },
              { do: 'cycles', count: 18 },
              { do: 'pause' },
            ],
          ],
          [7, [{ do: 'late', swap: true, cycles: 2 }, { do: 'cycles', count: 60 }, { do: 'idle' }]],
        ],
      },
    )
    // The sessions were worth recording.
    expect(seen.seams).toBeGreaterThan(5)
    expect(seen.decisions).toBeGreaterThan(800)
    expect(seen.faults).toBeGreaterThan(3)
    expect(seen.orders).toBeGreaterThan(40)
  }, 120_000)

  describe('that was tampered with', () => {
    let path = ''
    let next = ''
    beforeAll(async () => {
      const bench = newBench(3)
      for (let i = 0; i < 80; i++) step(bench)
      await bench.tape.stop()
      path = join(bench.folder, 's3-00000.tape')
      next = join(bench.folder, 's3-00001.tape')
      expect(checkAll(bench.folder)).toMatchObject({ segments: 2, seams: 1, differences: [] })
    })

    let copies = 0
    function checked(edit: Edit, sealed = true) {
      const out = join(home.folder, `edited-${copies++}.tape`)
      rewrite(path, out, edit, sealed)
      const { differences, end } = value(checkDecisions(out, 'test'))
      return { differences, seam: seamDifference(end, next) }
    }
    /** Edits the `nth` record that is like it. */
    function only<K extends Recorded['kind']>(
      kind: K,
      nth: number,
      edit: (record: Extract<Recorded, { kind: K }>) => Recorded | null,
    ) {
      let count = 0
      return (record: Recorded) => {
        if (record.kind !== kind || count++ !== nth) return record
        return edit(record as Extract<Recorded, { kind: K }>)
      }
    }

    test('written anew without a change it is still the same', () => {
      expect(checked((record) => record)).toEqual({ differences: [], seam: null })
    })

    test('another reason, another stake, another state', () => {
      for (const edit of [
        (text: string) => text.replace('"why":"n ', '"why":"m '),
        (text: string) => text.replace(/"stakeUsd":\d/, '"stakeUsd":1'),
        (text: string) => text.replace('{\\"n\\":', '{\\"n\\":1'),
      ]) {
        let done = false
        const { differences } = checked((record) => {
          if (record.kind !== 'decisions' || done) return record
          const text = JSON.stringify(record)
          done = edit(text) !== text
          return JSON.parse(edit(text))
        })
        expect(done).toBe(true)
        const slot = expect.stringMatching(/-5m|-15m/)
        expect(differences[0]).toMatchObject({ code: 'other-decision', slot, repeated: expect.any(String) })
      }
    })

    /** Index of the last record of a kind before the `nth` cycle: what the strategies then saw. */
    function lastBefore(kind: Recorded['kind'], nth: number): number {
      const kinds: string[] = []
      const all = join(home.folder, `edited-${copies++}.tape`)
      rewrite(path, all, (record) => {
        kinds.push(record.kind)
        return record
      })
      const cycles = kinds.flatMap((one, i) => (one === 'cycle' ? [i] : []))
      return kinds.lastIndexOf(kind, cycles[nth])
    }

    test('a price moved by a cent, a price dropped', () => {
      const at = lastBefore('price', 20)
      const moved = checked((record, i) =>
        i === at && record.kind === 'price' ? { ...record, price: record.price + 0.01 } : record,
      )
      const dropped = checked((record, i) => (i === at ? null : record))
      for (const { differences } of [moved, dropped])
        expect(differences).toContainEqual(expect.objectContaining({ code: 'other-view' }))
    })

    test('a book, an order report, a cycle, an answer dropped', () => {
      for (const kind of ['book', 'order', 'cycle', 'decisions'] as const) {
        const at = lastBefore(kind, 20)
        const { differences, seam } = checked((record, i) => (i === at ? null : record))
        expect(
          [...differences, seam].filter((one) => one !== null),
          kind,
        ).not.toEqual([])
      }
    })

    test('a command, a fault or a candle that never was', () => {
      const added = (made: (ts: UnixMs) => Recorded) => {
        let count = 0
        return checked((record) => (record.kind === 'cycle' && count++ === 30 ? made(record.ts) : record))
      }
      const pause = added((ts) => ({ kind: 'command', ts, source: 'cli', command: { kind: 'pause', reason: 'never' } }))
      expect([...pause.differences, pause.seam].filter((one) => one !== null)).not.toEqual([])
      const fault = added((ts) => ({
        kind: 'fault',
        ts,
        version: '1'.padStart(64, '0') as never,
        slot: slots('BTC-5m')[0]?.id ?? null,
        fatal: false,
        message: 'never',
      }))
      expect(fault.differences).toContainEqual(
        expect.objectContaining({ code: 'other-fault', slot: 'BTC-5m', recorded: 'never', repeated: null }),
      )
      const candle = added((ts) => ({
        kind: 'candle',
        ts,
        asset: 'BTC' as never,
        frame: '1m',
        candle: { openTime: unixMs(ts - (ts % 60_000) - 60_000), open: 1, high: 2, low: 1, close: 2, volume: 1 },
        origin: 'stream',
      }))
      expect(candle.differences).not.toEqual([])
    })

    /** All of it, in order. */
    function records(of: string): readonly Recorded[] {
      const all: Recorded[] = []
      rewrite(of, join(home.folder, `edited-${copies++}.tape`), (record) => {
        all.push(record)
        return record
      })
      return all
    }

    /** Where the last cycle is that a version answered, and where its answer. */
    function lastAsked() {
      const all = records(path)
      const answered = all.findLastIndex((record) => record.kind === 'decisions')
      return { all, answered, asked: all.findLastIndex((record, i) => record.kind === 'cycle' && i < answered) }
    }

    test('views left out, of a whole cycle or of a slot', () => {
      const { differences } = checked(only('views', 20, () => null))
      expect(differences).toEqual([{ code: 'not-recorded', what: 'views', ts: expect.any(Number) }])
      const one = checked(
        only('views', 20, (record) => {
          const [, ...hashes] = Object.entries(record.hashes)
          return { ...record, hashes: Object.fromEntries(hashes) }
        }),
      )
      expect(one.differences).toEqual([{ code: 'view-not-recorded', slot: 'BTC-5m', ts: expect.any(Number) }])
    })

    test('an answer that stands before its question', () => {
      const { all, asked, answered } = lastAsked()
      const answer = all[answered]
      const { differences } = checked((record, i) =>
        i === answered ? null : i === asked && answer !== undefined ? [answer, record] : record,
      )
      expect(differences).toEqual([
        { code: 'answer-not-asked', ts: expect.any(Number) },
        { code: 'not-recorded', what: 'answer', ts: expect.any(Number) },
      ])
    })

    test('a slot that decides twice in one answer', () => {
      const { differences } = checked(
        only('decisions', 20, (record) => ({ ...record, decisions: [...record.decisions, ...record.decisions] })),
      )
      expect(differences[0]).toMatchObject({ code: 'decided-twice' })
    })

    test('a tape that a crash cut off within a cycle does not owe the rest of it; one with an end does', () => {
      const { asked } = lastAsked()
      const cut: Edit = (record, i) => (i > asked ? null : record)
      expect(checked(cut, false).differences).toEqual([])
      expect(checked(cut).differences).toContainEqual(expect.objectContaining({ code: 'not-recorded', what: 'views' }))
      // What is missing before its last cycle is owed by a cut tape, too.
      expect(
        checked(
          only('views', 20, () => null),
          false,
        ).differences,
      ).toHaveLength(1)
    })

    describe('with errors', () => {
      let own = ''
      beforeAll(async () => {
        own = path
        home.write(
          'alpha.ts',
          wild(7, 0.1).replace("'planted at ' + view.secondsLeft", "view.slot === 'ETH-5m' ? '' : 'planted'"),
        )
        const { bundle } = value(await compileStrategy(home.strategies, 'alpha', apiFile()))
        const bench = newBench(5, [bundle])
        for (let i = 0; i < 40; i++) step(bench)
        await bench.tape.stop()
        path = join(bench.folder, 's5-00000.tape')
      })
      afterAll(() => {
        path = own
      })

      test('one left out, one that said something else', () => {
        const slotsThatThrew = new Set(records(path).flatMap((one) => (one.kind === 'fault' ? [one.slot] : [])))
        expect([...slotsThatThrew]).toEqual(expect.arrayContaining(['BTC-5m', 'ETH-5m']))
        expect(checked((record) => record).differences).toEqual([])
        const last = records(path).findLastIndex((record) => record.kind === 'fault')
        expect(checked((record, i) => (i === last ? null : record)).differences).toContainEqual(
          expect.objectContaining({ code: 'not-recorded', what: 'fault' }),
        )
        for (const [slot, again] of [
          ['BTC-5m', 'planted'],
          ['ETH-5m', ''],
        ]) {
          const { differences } = checked((record) =>
            record.kind === 'fault' && record.slot === slot ? { ...record, message: `${record.message} once` } : record,
          )
          const recorded = `alpha.ts:1:1 ${again} once`
          expect(differences[0]).toMatchObject({ code: 'other-fault', slot, recorded, repeated: again })
        }
      })
    })

    test('code that decides otherwise', () => {
      const { differences } = checked(
        only('version', 0, (record) => ({ ...record, bundle: record.bundle.replace('0.3', '0.4') })),
      )
      expect(differences).not.toEqual([])
    })

    test('a next segment that begins with another engine is seen, and where', async () => {
      const other = newBench(4)
      await other.tape.stop()
      const { end } = value(checkDecisions(path, 'test'))
      expect(seamDifference(end, join(other.folder, 's4-00000.tape'))).toMatchObject({
        code: 'other-engine',
        path: expect.stringMatching(/^\.\w+/),
      })
    })

    test('another engine build is told apart, not compared', () => {
      expect(checkDecisions(path, 'another')).toEqual({ ok: false, error: { otherBuild: 'test' } })
    })
  })
})
