import { CYCLE_MS } from '../../src/engine/config.ts'
import type { CandleColumns } from '../../src/engine/market/candle-columns.ts'
import { ROW, ROW_WIDTH } from '../../src/engine/views/view-row.ts'
import { strategyContext } from '../../src/main/strategy-host/context.ts'
import { frameMs, type Slot } from '../../src/shared/domain/slots.ts'
import { MINUTE } from '../../src/shared/domain/time.ts'

/** What the loop needs of a slot: its row, and its asset's candles up to the minute that it has come to. */
interface Seat {
  readonly span: number
  readonly series: CandleColumns
  readonly candles: CandleColumns & { end: number }
  readonly row: Float64Array
  readonly last: Float64Array
}

function seatOf(slot: Slot, all: readonly CandleColumns[]): Seat {
  const series = all.find((one) => one.asset === slot.asset)
  if (series === undefined) throw new Error(`no candles of ${slot.asset}`)
  const row = new Float64Array(ROW_WIDTH)
  row[ROW.feeRate] = 0.07
  row[ROW.meanSeconds] = 60
  row[ROW.upAsk] = 0.6
  row[ROW.downAsk] = 0.6
  return {
    span: frameMs(slot.timeframe),
    series,
    candles: { ...series, end: 0 },
    row,
    last: new Float64Array(ROW_WIDTH),
  }
}

/**
 * The floor under a replay: a loop that calls the very same strategy function, in the same kind of context, for the same
 * slots every five seconds over the same candles, and does nothing else. Prices are closes of the minute before, quotes
 * stand still, and no edge is ever enough, so that it works every answer out.
 * @returns decisions made
 */
export function bareLoop(
  bundle: string,
  slots: readonly Slot[],
  all: readonly CandleColumns[],
  span: { readonly from: number; readonly to: number },
): number {
  const { harness, load } = strategyContext('floor')
  load(bundle)
  const seats = slots.map((slot) => seatOf(slot, all))
  const clock = new Float64Array(1)
  const direct = harness.direct({
    slots: seats.map(({ row, last, candles }, i) => ({
      slot: slots[i]?.id ?? '',
      asset: slots[i]?.asset ?? '',
      timeframe: slots[i]?.timeframe ?? '',
      cells: row,
      clock,
      last,
      candles: { '1m': candles, '5m': candles, '15m': candles },
    })),
    refreshQuotes: () => {},
    refreshPrice: () => {},
  })
  const { params } = JSON.parse(harness.adopt()).value
  direct.setParams(JSON.stringify({ ...params, minEdge: 1 }))
  const [{ json }] = JSON.parse(harness.migrate('{"states":[{"slot":"","json":null}],"fromVersion":""}')).value
  for (const i of seats.keys()) direct.setState(i, json)
  let decisions = 0
  const turn = Int32Array.from(seats.keys())
  for (let now = span.from; now < span.to; now += CYCLE_MS) {
    clock[ROW.now] = now
    for (const seat of seats) place(seat, now)
    for (let next = 0; next < turn.length; next++) next = direct.evaluate(turn, next, turn.length)
    decisions += turn.length
  }
  return decisions
}

function place({ span, series, candles, row, last }: Seat, now: number): void {
  const first = series.openTime[0] ?? 0
  const start = now - (now % span)
  const left = (start + span - now) / 1000
  candles.end = Math.floor((now - first) / MINUTE)
  last[ROW.price] = series.close[candles.end - 1] ?? 0
  row[ROW.windowStart] = start
  row[ROW.windowEnd] = start + span
  row[ROW.strike] = series.open[Math.floor((start - first) / MINUTE)] ?? 0
  row[ROW.meanElapsed] = left < 60 ? 60 - left : 0
  row[ROW.mean] = last[ROW.price] ?? 0
  row[ROW.quotesAt] = now
  last[ROW.now] = now
}
