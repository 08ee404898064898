import { CYCLE_MS } from '../../src/engine/config.ts'
import type { CandleColumns } from '../../src/engine/market/candle-columns.ts'
import { ROW, ROW_WIDTH } from '../../src/engine/views/view-row.ts'
import { strategyContext } from '../../src/main/strategy-host/context.ts'
import { frameMs, type Slot } from '../../src/shared/domain/slots.ts'
import { MINUTE } from '../../src/shared/domain/time.ts'

/** A slot's row and its asset's candles up to the current minute. */
interface SlotInput {
  readonly span: number
  readonly series: CandleColumns
  readonly candles: CandleColumns & { end: number }
  readonly row: Float64Array
  readonly last: Float64Array
}

function slotInput(slot: Slot, all: readonly CandleColumns[]): SlotInput {
  const series = all.find(({ asset }) => asset === slot.asset)
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
 * Lower bound for the time of a replay: calls the same strategy function, in the same kind of context, for the same slots
 * every five seconds over the same candles, and does nothing else. Prices are the closes of the previous minute, quotes
 * are constant, and `minEdge` is 1, so that the strategy computes every decision and never enters.
 * @returns number of decisions
 */
export function bareLoop(
  bundle: string,
  slots: readonly Slot[],
  all: readonly CandleColumns[],
  span: { readonly from: number; readonly to: number },
): number {
  const { harness, load } = strategyContext('floor')
  load(bundle)
  const inputs = slots.map((slot) => slotInput(slot, all))
  const clock = new Float64Array(1)
  const direct = harness.direct({
    slots: inputs.map(({ row, last, candles }, i) => ({
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
  for (const i of inputs.keys()) direct.setState(i, json)
  let decisions = 0
  const order = Int32Array.from(inputs.keys())
  for (let now = span.from; now < span.to; now += CYCLE_MS) {
    clock[ROW.now] = now
    for (const input of inputs) update(input, now)
    for (let next = 0; next < order.length; next++) next = direct.evaluate(order, next, order.length)
    decisions += order.length
  }
  return decisions
}

/** Sets a slot's row and candles to the time `now`. */
function update({ span, series, candles, row, last }: SlotInput, now: number): void {
  const first = series.openTime[0] ?? 0
  const start = now - (now % span)
  const secondsLeft = (start + span - now) / 1000
  candles.end = Math.floor((now - first) / MINUTE)
  last[ROW.price] = series.close[candles.end - 1] ?? 0
  row[ROW.windowStart] = start
  row[ROW.windowEnd] = start + span
  row[ROW.strike] = series.open[Math.floor((start - first) / MINUTE)] ?? 0
  row[ROW.meanElapsed] = secondsLeft < 60 ? 60 - secondsLeft : 0
  row[ROW.mean] = last[ROW.price] ?? 0
  row[ROW.quotesAt] = now
  last[ROW.now] = now
}
