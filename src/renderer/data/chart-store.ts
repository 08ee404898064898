import { createStore, type StoreApi } from 'zustand/vanilla'
import type { SlotId } from '../../shared/domain/slots.ts'
import { type CandleFrame, frameMs } from '../../shared/domain/slots.ts'
import type { CandleTuple, ChartData, DeploymentLine, TradeMark } from '../../shared/ipc/chart-view.ts'
import type { DeskPush } from '../../shared/ipc/connection.ts'

/** Most candles kept in a window; older ones are dropped. */
export const KEPT_CANDLES = 3_000

export interface ChartState {
  /** Slot shown; null before the first snapshot. */
  readonly slot: SlotId | null
  readonly frame: CandleFrame
  /** Null while it loads. */
  readonly data: ChartData | null
  readonly error: string | null
}

export type ChartStore = StoreApi<ChartState>

export function createChartStore(): ChartStore {
  return createStore<ChartState>(() => ({ slot: null, frame: '1m', data: null, error: null }))
}

/**
 * Merges one candle: it replaces the last, follows it, or replaces an older one.
 * @returns undefined when candles before it are missing, so that the series must be fetched again
 */
export function mergeCandle(
  candles: readonly CandleTuple[],
  candle: CandleTuple,
  frame: CandleFrame,
): readonly CandleTuple[] | undefined {
  const last = candles.at(-1)
  if (last === undefined) return [candle]
  if (candle[0] === last[0]) return [...candles.slice(0, -1), candle]
  if (candle[0] > last[0]) {
    if (candle[0] > last[0] + frameMs(frame)) return undefined
    const extended = [...candles, candle]
    return extended.length > KEPT_CANDLES + 500 ? extended.slice(-KEPT_CANDLES) : extended
  }
  const index = candles.findIndex((old) => old[0] === candle[0])
  return index < 0 ? candles : candles.with(index, candle)
}

function addMark(marks: readonly TradeMark[], mark: TradeMark): readonly TradeMark[] {
  const known = marks.some(
    (old) => old.ts === mark.ts && old.kind === mark.kind && old.version.hash === mark.version.hash,
  )
  return known ? marks : [...marks, mark]
}

function addLine(lines: readonly DeploymentLine[], line: DeploymentLine): readonly DeploymentLine[] {
  const known = lines.some((old) => old.ts === line.ts && old.version.hash === line.version.hash)
  return known ? lines : [...lines, line]
}

/** The shown chart after all pushes of one frame; `gap`: candles are missing, fetch the series again. */
export function applyToChart(
  data: ChartData,
  pushes: readonly DeskPush[],
): { readonly data: ChartData; readonly gap: boolean } {
  const asset = data.slot.slice(0, data.slot.lastIndexOf('-'))
  let { candles, marks, lines } = data
  let gap = false
  for (const push of pushes) {
    if (push.kind === 'candle' && push.asset === asset && push.frame === data.frame) {
      const merged = mergeCandle(candles, push.candle, data.frame)
      if (merged === undefined) gap = true
      else candles = merged
    } else if (push.kind === 'mark' && push.slot === data.slot) marks = addMark(marks, push.mark)
    else if (push.kind === 'line' && push.slots.includes(data.slot)) lines = addLine(lines, push.line)
  }
  const same = candles === data.candles && marks === data.marks && lines === data.lines
  return { data: same ? data : { ...data, candles, marks, lines }, gap }
}
