import { describe, expect, it } from 'vitest'
import { applyToChart, KEPT_CANDLES, mergeCandle } from '../../src/renderer/data/chart-store.ts'
import type { CandleTuple, ChartData } from '../../src/shared/ipc/chart-view.ts'
import { assetOf, slotId } from '../support/ids.ts'
import { versionRef } from './rows.ts'

const MIN = 60_000

function candle(minute: number, close = 100): CandleTuple {
  return [minute * MIN, 100, 101, 99, close, 1]
}

const DATA: ChartData = { slot: slotId('BTC-5m'), frame: '1m', candles: [candle(1), candle(2)], marks: [], lines: [] }

describe('a candle', () => {
  it('replaces the last one of the same time', () => {
    expect(mergeCandle(DATA.candles, candle(2, 105), '1m')?.map((row) => row[4])).toEqual([100, 105])
  })

  it('follows the last one', () => {
    expect(mergeCandle(DATA.candles, candle(3), '1m')).toHaveLength(3)
  })

  it('corrects an older one in place', () => {
    expect(mergeCandle(DATA.candles, candle(1, 103), '1m')?.[0]?.[4]).toBe(103)
  })

  it('after missing candles makes the series be fetched again', () => {
    expect(mergeCandle(DATA.candles, candle(5), '1m')).toBeUndefined()
    expect(applyToChart(DATA, [{ kind: 'candle', asset: assetOf('BTC'), frame: '1m', candle: candle(5) }]).gap).toBe(
      true,
    )
  })

  it('does not extend the series beyond its limit', () => {
    let candles: readonly CandleTuple[] = []
    for (let minute = 0; minute < KEPT_CANDLES + 2_000; minute += 1) {
      candles = mergeCandle(candles, candle(minute), '1m') ?? []
    }
    expect(candles.length).toBeLessThanOrEqual(KEPT_CANDLES + 500)
    expect(candles.at(-1)?.[0]).toBe((KEPT_CANDLES + 1_999) * MIN)
  })
})

describe('a chart', () => {
  it('ignores other assets, frames and slots, and then returns the same object', () => {
    const version = versionRef(1)
    const result = applyToChart(DATA, [
      { kind: 'candle', asset: assetOf('ETH'), frame: '1m', candle: candle(3) },
      { kind: 'candle', asset: assetOf('BTC'), frame: '5m', candle: candle(5) },
      { kind: 'mark', slot: slotId('ETH-5m'), mark: { ts: 1, side: 'up', kind: 'enter', version, text: '' } },
      { kind: 'line', slots: [slotId('ETH-5m')], line: { ts: 1, version } },
    ])
    expect(result).toEqual({ data: DATA, gap: false })
    expect(result.data).toBe(DATA)
  })

  it('adds a mark only once, however often it is pushed', () => {
    const mark = { ts: MIN, side: 'up', kind: 'enter', version: versionRef(1), text: '' } as const
    const once = applyToChart(DATA, [{ kind: 'mark', slot: slotId('BTC-5m'), mark }])
    const twice = applyToChart(once.data, [{ kind: 'mark', slot: slotId('BTC-5m'), mark }])
    expect(twice.data.marks).toHaveLength(1)
  })
})
