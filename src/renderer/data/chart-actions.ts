import { messageOf } from '../../shared/domain/base.ts'
import { type CandleFrame, parseSlot, type SlotId } from '../../shared/domain/slots.ts'
import type { DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import { applyToChart, type ChartStore } from './chart-store.ts'
import { createThrottle } from './frame.ts'

/** Shortest time between two fetches. */
const FETCH_EVERY_MS = 300

export interface ChartActions {
  /** Fetches the shown chart again. */
  refresh(): void
  /** Shows a slot in one-minute candles, or in candles of the slot's own timeframe. */
  show(slot: SlotId, frame?: CandleFrame): void
  receive(pushes: readonly DeskPush[]): void
}

export function createChartActions(
  desk: DeskClient,
  store: ChartStore,
  after: (delayMs: number, run: () => void) => void,
): ChartActions {
  const refresh = createThrottle(
    FETCH_EVERY_MS,
    () => {
      const { slot, frame } = store.getState()
      if (slot === null) return
      desk.call('chart.get', { slot, frame }).then(
        (data) => {
          const shown = store.getState()
          if (shown.slot === slot && shown.frame === frame) store.setState({ data, error: null })
        },
        (error: unknown) => store.setState({ error: messageOf(error) }),
      )
    },
    after,
  )

  return {
    refresh,
    show(slot, frame = store.getState().frame) {
      const shown = store.getState()
      const timeframe = parseSlot(slot)?.timeframe ?? '5m'
      const wanted: CandleFrame = frame === '1m' ? '1m' : timeframe
      if (shown.slot === slot && shown.frame === wanted) return
      store.setState({ slot, frame: wanted, data: null, error: null })
      refresh()
    },
    receive(pushes) {
      const { data } = store.getState()
      if (data === null) return
      const merged = applyToChart(data, pushes)
      if (merged.data !== data) store.setState({ data: merged.data })
      if (merged.gap) refresh()
    },
  }
}
