import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PriceJudge, type PriceRow } from '../../src/main/recorded-files/price-judge.ts'
import { ReportBuilder } from '../../src/main/recorded-files/report-builder.ts'
import { type Timed, TimeOrder } from '../../src/main/recorded-files/time-order.ts'
import { HOUR, MINUTE } from '../../src/shared/domain/time.ts'

const T = Date.UTC(2026, 0, 6)
const newReport = () => new ReportBuilder('x.csv', 'test', MINUTE)
const lost = (report: ReportBuilder) => Object.values(report.build().leftOut).reduce((sum, n) => sum + n, 0)

/** Puts rows in order as an importer does, handing on what is ready after each. */
function ordered(times: readonly number[], weight: number) {
  const report = newReport()
  const order = new TimeOrder<string>(report)
  const out: Timed<string>[] = []
  for (const [i, ts] of times.entries()) {
    report.row()
    order.add(i + 1, ts, `row ${i}`, weight)
    out.push(...order.ready())
  }
  out.push(...order.rest())
  return { out, report }
}

describe('A3: rows in order of time', () => {
  it('are sorted, rows of one time in the order of the file, and every row is handed on or counted', () => {
    const minutes = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 })
    let looked = 0
    fc.assert(
      // Of the heaviest rows only two fit into memory at a time.
      fc.property(minutes, fc.constantFrom(0, 1_000_000, 32_000_000), (offsets, weight) => {
        const times = offsets.map((offset) => T + offset * MINUTE)
        const { out, report } = ordered(times, weight)
        looked += out.length
        for (let i = 1; i < out.length; i++) {
          const [a, b] = [out[i - 1], out[i]]
          if (a === undefined || b === undefined) throw new Error('a hole')
          expect(a.ts < b.ts || (a.ts === b.ts && a.place < b.place)).toBe(true)
        }
        for (const { ts, place, row } of out) expect([ts, row]).toEqual([times[place - 1], `row ${place - 1}`])
        expect(out.length + lost(report)).toBe(times.length)
        const back = times.filter((ts, i) => i > 0 && ts < (times[i - 1] ?? 0)).length
        expect(report.build().backSteps).toBe(back)
      }),
    )
    expect(looked).toBeGreaterThan(100)
  })

  it('what lies further back than memory reaches is left out, with what to do', () => {
    const { out, report } = ordered([T + 3, T + 4, T + 5, T + 6, T], 32_000_000)
    expect(out.map(({ ts }) => ts - T)).toEqual([3, 4, 5, 6])
    expect(report.build()).toMatchObject({
      leftOut: { late: 1 },
      examples: ['line 5: late: too far back to be put in order: sort the file by time'],
    })
  })

  it.each([
    ['three rows', 3, 3],
    ['four rows', 4, 0],
  ])('%s that lie a day from all others', (_, count, left) => {
    const times = [...Array.from({ length: 50 }, (_row, i) => T + i * MINUTE)]
    const lone = Array.from({ length: count }, (_row, i) => T + 25 * HOUR + i * MINUTE)
    const { out, report } = ordered([...times.slice(0, 20), ...lone, ...times.slice(20)], 0)
    expect(report.build().leftOut).toEqual(left === 0 ? {} : { outlier: left })
    expect(out).toHaveLength(50 + count - left)
  })

  it('a file of a few rows has no time that others could be held against', () => {
    expect(ordered([T, T + 24 * HOUR, T + 72 * HOUR], 0).out).toHaveLength(3)
  })
})

describe('A3: prices beside each other', () => {
  const judged = (prices: readonly number[], stepMs = MINUTE) => {
    const report = newReport()
    const judge = new PriceJudge<PriceRow>(report)
    const rows = prices.map((price, i) => {
      return { ts: T + i * stepMs, place: i + 1, row: { high: price, low: price, close: price } }
    })
    const out = rows.flatMap((row) => judge.add([row]))
    out.push(...judge.end())
    return { places: out.map(({ place }) => place), report }
  }

  it('every row is handed on, in order, or counted', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(1, 1.1, 2, 3.5, 11, 40), { maxLength: 60 }), (prices) => {
        const { places, report } = judged(prices)
        expect(places).toEqual(places.toSorted((a, b) => a - b))
        expect(places.length + lost(report)).toBe(prices.length)
      }),
    )
  })

  it('prices that move less than threefold from row to row are all kept', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.6, max: 1.6, noNaN: true }), { maxLength: 60 }), (moves) => {
        let price = 100
        const prices = moves.map((move) => {
          price *= move
          return price
        })
        // The first rows are held against their middle.
        const { report } = judged([100, 100, 100, 100, 100, ...prices])
        expect(report.build().leftOut).toEqual({})
      }),
    )
  })

  it('a price three times the others for seven seconds is left out, one that stays is kept', () => {
    const seconds = Array.from({ length: 600 }, (_, i) => (i >= 100 && i < 107 ? 310 : 100))
    expect(judged(seconds, 1000).report.build().leftOut).toEqual({ outlier: 7 })
    const stays = Array.from({ length: 600 }, (_, i) => (i >= 100 ? 310 : 100))
    const { places, report } = judged(stays, 1000)
    expect([places.length, report.build().leftOut]).toEqual([600, {}])
    expect(report.build().examples).toEqual(['line 101: the price goes from 100 to 310 and stays there'])
  })
})
