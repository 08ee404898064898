import type { Engine } from '../../../engine/engine.ts'
import { frameMs, type SlotId } from '../../../shared/domain/slots.ts'
import type { CandleTuple, ChartData } from '../../../shared/ipc/chart-view.ts'
import type { DeskPush } from '../../../shared/ipc/connection.ts'
import type { SlotRow } from '../../../shared/ipc/desk-view.ts'
import type { Journal } from '../../db/journal.ts'
import { chartMarks, deploymentLines } from '../../db/marks.ts'

const CHART_CANDLES = 360

export interface ChartParts {
  readonly engine: Engine
  readonly journal: Journal
}

/** Candles of live slots, whole for a chart that opens and one by one as they change. */
export class ChartSource {
  private readonly desk: ChartParts
  private readonly closedTold = new Map<string, number>()

  constructor(desk: ChartParts) {
    this.desk = desk
  }

  chart(slot: SlotId, frame: ChartData['frame']): ChartData {
    const { engine, journal } = this.desk
    const state = engine.state.slots.get(slot)
    if (state === undefined) return { slot, frame, candles: [], marks: [], lines: [] }
    const { candles: all } = state.asset
    const series = all[frame]
    const current = all.current(frame)
    const candles: CandleTuple[] = [...series.newest(CHART_CANDLES), ...(current === undefined ? [] : [current])].map(
      (c) => [c.openTime, c.open, c.high, c.low, c.close, c.volume],
    )
    const since = candles[0]?.[0] ?? 0
    return {
      slot,
      frame,
      candles,
      marks: chartMarks(journal.db, slot, since),
      lines: state.strategy === null ? [] : deploymentLines(journal.db, state.strategy, since),
    }
  }

  /** Candles of the assets of these slots that changed since the last call; the final form of each is given once. */
  *changed(rows: readonly SlotRow[]): Generator<Extract<DeskPush, { kind: 'candle' }>> {
    for (const row of new Map(rows.map((changed) => [changed.asset, changed])).values()) {
      const slot = this.desk.engine.state.slots.get(row.slot)
      if (slot === undefined) continue
      for (const frame of ['1m', '5m', '15m'] as const) {
        const { candles } = slot.asset
        const c = candles.current(frame)
        const closed = candles[frame].ago(0)
        const fresh =
          closed !== undefined &&
          c !== undefined &&
          c.openTime - closed.openTime === frameMs(frame) &&
          this.justClosed(row.asset, frame, closed.openTime)
        for (const candle of fresh ? [closed, c] : [c]) {
          if (candle === undefined) continue
          yield {
            kind: 'candle',
            asset: row.asset,
            frame,
            candle: [candle.openTime, candle.open, candle.high, candle.low, candle.close, candle.volume],
          }
        }
      }
    }
  }

  /** A closed candle is sent once. */
  private justClosed(asset: string, frame: string, openTime: number): boolean {
    const key = `${asset}:${frame}`
    if (this.closedTold.get(key) === openTime) return false
    this.closedTold.set(key, openTime)
    return true
  }
}
