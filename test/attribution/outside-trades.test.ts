import { describe, expect, it } from 'vitest'
import { readOutsideTrades } from '../../src/main/attribution/outside-trades.ts'
import { reportLines } from '../../src/shared/file-report.ts'

const HEADER = 'time,version,slot,side,shares,price,fee,outcome'
const T = Date.UTC(2025, 6, 28, 23, 58, 10)
const row = (time: string | number, rest = 'a,BTC-5m,up,10,0.5,0.05,up') => `${time},${rest}`
const read = (...lines: readonly string[]) => readOutsideTrades([HEADER, ...lines].join('\n'), 'x.csv')

function sound(...lines: readonly string[]) {
  const result = read(...lines)
  if (!result.ok) throw new Error(result.error)
  return result.value
}

function refusal(...lines: readonly string[]): string {
  const result = read(...lines)
  return result.ok ? '' : result.error
}

describe('trades from elsewhere', () => {
  it.each(['2025-07-28 23:58:10', '2025-07-28T23:58:10', '2025-07-28T23:58:10Z', '2025-07-28 19:58:10-04:00'])(
    'A4: %s is that moment in UTC, in the window of it',
    (time) => {
      const { trades } = sound(row(time))
      expect(trades[0]).toMatchObject({
        openedAt: T,
        windowId: `btc-updown-5m-${T / 1000 - 190}`,
        settledAt: T + 110_000,
      })
    },
  )

  it.each([
    ['seconds', T / 1000],
    ['milliseconds', T],
    ['microseconds', T * 1000],
    ['nanoseconds', `${T}000000`],
  ])('A5: %s since 1970 are told by their magnitude, and said', (unit, time) => {
    const { trades, report } = sound(row(time))
    expect(trades[0]?.openedAt).toBe(T)
    expect(report.times).toEqual([`${unit} since 1970`])
  })

  it.each(['12345', '0', '1e12', '1969-07-20', '28/07/2025 23:58'])(
    'A5: the time %s is refused, with its line',
    (time) => {
      expect(refusal(row(T), row(time))).toMatch(/^x\.csv line 3: time: .*(2009–2099|is no time)/)
    },
  )

  it('A15: a blank fee is an error that says what to write, never a fee of nothing', () => {
    expect(refusal(row(T), '', row(T + 1, 'a,BTC-5m,up,10,0.5,,up'))).toBe(
      'x.csv line 4: fee: it is what was paid in USD, 0 or more; write 0 where nothing was paid',
    )
  })

  it.each([
    ['a,BTC-5m,up,0x10,0.5,0,up', 'shares'],
    ['a,BTC-5m,up,,0.5,0,up', 'shares'],
    ['a,BTC-5m,up,10, ,0,up', 'price'],
    ['a,BTC-5m,up,10,"0,5",0,up', 'price'],
    ['a,BTC-5m,up,10,NaN,0,up', 'price'],
    ['a,BTC-5m,up,10,0.5,-1,up', 'fee'],
    ['a,BTC-5m,up,10,0.5,0,', 'outcome'],
    ['a,BTC-1h,up,10,0.5,0,up', 'slot'],
  ])('A15: the row %s names its column and its line', (rest, column) => {
    expect(refusal('', row(T), '', '', row(T, rest), row(T, rest))).toMatch(
      new RegExp(`^x\\.csv line 6: ${column}: .*; 1 more lines are wrong$`),
    )
  })

  it('A15: a header alone has no rows; an empty file, one column too few and a row of other length are said', () => {
    expect(refusal()).toBe('x.csv has no rows: only its header is there')
    expect(refusal('', '')).toBe('x.csv has no rows: only its header is there')
    const text = (content: string) => {
      const result = readOutsideTrades(content, 'x.csv')
      return result.ok ? '' : result.error
    }
    expect(text('')).toMatch(/^x\.csv is empty; its first line must name time, version/)
    expect(text(`${HEADER.replace(',fee', '')}\n`)).toMatch(/^x\.csv has no column fee; its first line must name/)
    expect(text(`${HEADER},fee\n`)).toMatch(/^x\.csv has two columns named fee/)
    expect(refusal(row(T), '', '1,2')).toBe('x.csv line 4: 2 fields where there should be 8')
  })

  it('A16: a row that is there twice is one trade, counted and said', () => {
    const { trades, report } = sound(row(T), row(new Date(T).toISOString()), row(T + 300_000), row(T))
    expect(trades).toHaveLength(2)
    expect(report).toMatchObject({ rows: 4, kept: 2, leftOut: { duplicate: 2 }, backSteps: 1 })
    expect(reportLines(report)).toEqual([
      'x.csv: trades from elsewhere, 2 of 4 rows kept; left out: 2 duplicate',
      '  2025-07-28T23:58:10.000Z to 2025-07-29T00:03:10.000Z',
      '  times are milliseconds since 1970',
      '  time goes back in 1 place: put in order of time',
      '  line 3: duplicate: the same trade again',
      '  line 5: duplicate: the same trade again',
    ])
  })

  it('two trades of one moment that differ are two', () => {
    expect(sound(row(T), row(T, 'a,BTC-5m,up,11,0.5,0.05,up')).trades).toHaveLength(2)
  })
})
