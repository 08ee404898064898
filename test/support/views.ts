import { REGIMES } from '../../src/engine/prices/regime.ts'
import type { View } from '../../src/engine/strategy-api/baton.ts'
import { ROW } from '../../src/engine/views/view-row.ts'
import type { SlotView } from '../../src/engine/views/view-types.ts'
import { type Columns, viewMaker } from '../../src/main/strategy-host/view-maker.ts'

const make = viewMaker(ROW, REGIMES)
const EMPTY: Columns = { openTime: [], open: [], high: [], low: [], close: [], volume: [], end: 0 }

/** A slot's view as a strategy sees it, without candles. */
export function asView(view: SlotView): View {
  const made = make({
    slot: view.slot,
    asset: view.asset,
    timeframe: view.timeframe,
    row: view.row,
    clock: view.row,
    last: view.row,
    candles: { '1m': EMPTY, '5m': EMPTY, '15m': EMPTY },
    keep: {},
    refreshQuotes: null,
    refreshPrice: null,
  })
  made.data.open = true
  made.data.positionId = view.positionId
  made.data.orders = view.orders
  return made.view as View
}
