import { useMemo } from 'react'
import type { ReplayRow } from '../../../shared/domain/replays.ts'
import type { SlotId } from '../../../shared/domain/slots.ts'
import { frameMs } from '../../../shared/domain/slots.ts'
import type { DeploymentLine, TradeMark } from '../../../shared/ipc/chart-view.ts'
import type { SlotRow } from '../../../shared/ipc/desk-view.ts'
import { useChart, useProof, useReplay, useShownDeployment } from '../../data/hooks.ts'
import type { ChartDifference } from '../../ui/chart/chart-view.ts'
import { PriceChart } from '../../ui/chart/price-chart.tsx'
import { assetDecimals, shortLabel } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'
import { versionStyle } from '../../ui/version-style.ts'

const NO_MARKS: readonly TradeMark[] = []
const NO_LINES: readonly DeploymentLine[] = []
const NO_DIFFERENCES: readonly ChartDifference[] = []

function useMarks(marks: readonly TradeMark[] = NO_MARKS) {
  return useMemo(
    () =>
      marks.map((mark) => ({
        ts: mark.ts,
        kind: mark.kind,
        side: mark.side,
        color: versionStyle(mark.version).color,
        label: shortLabel(mark.version),
      })),
    [marks],
  )
}

function useLines(lines: readonly DeploymentLine[] = NO_LINES) {
  return useMemo(
    () =>
      lines.map((line) => ({
        ts: line.ts,
        color: versionStyle(line.version).color,
        label: shortLabel(line.version),
      })),
    [lines],
  )
}

/** Decision differences of the shown proof in this slot, in the candidate's colour. */
function useDifferences(slot: SlotId): readonly ChartDifference[] {
  const items = useProof((state) => state.items)
  const version = useShownDeployment()?.version ?? null
  return useMemo(() => {
    if (version === null || items === null || items.length === 0) return NO_DIFFERENCES
    const { color } = versionStyle(version)
    return items.filter((item) => item.slot === slot).map((item) => ({ ts: item.ts, color }))
  }, [items, version, slot])
}

/** Live candles with trade marks, deployments and decision differences. */
export function LiveChart({ row }: { row: SlotRow }) {
  const frame = useChart((state) => state.frame)
  const candles = useChart((state) => state.data?.candles)
  const error = useChart((state) => state.error)
  const marks = useMarks(useChart((state) => state.data?.marks))
  const lines = useLines(useChart((state) => state.data?.lines))
  const differences = useDifferences(row.slot)
  const highlightedAt = useProof((state) => (state.chosen?.slot === row.slot ? state.chosen.ts : null))
  if (row.status === 'unlisted') return <Empty>{row.slot} is unlisted: there are no prices to show.</Empty>
  if (candles === undefined) {
    return error === null ? (
      <Empty busy>Loading candles…</Empty>
    ) : (
      <Empty>No chart: {error}. Trading is not affected.</Empty>
    )
  }
  if (candles.length === 0) return <Empty>No candle has closed yet.</Empty>
  const differencesLabel = differences.length === 0 ? '' : `, ${differences.length} decisions that differ`
  return (
    <PriceChart
      key={`${row.slot} ${frame}`}
      candles={candles}
      marks={marks}
      lines={lines}
      differences={differences}
      highlightedAt={highlightedAt}
      frameMs={frameMs(frame)}
      strike={row.strike === null ? null : { price: row.strike, estimate: row.strikeIsEstimate }}
      decimals={assetDecimals(candles.at(-1)?.[4] ?? 1)}
      saveAs={`${row.slot}-${frame}.png`}
      label={`Candles of ${row.asset}, ${frame}, ${marks.length} trade marks, ${lines.length} deployments${differencesLabel}`}
    />
  )
}

/** Candles of the tape with the trades of a replay; without a strike, which is only known of the live window. */
export function ReplayChart({ slot, run }: { slot: SlotId; run: ReplayRow | undefined }) {
  const frame = useChart((state) => state.frame)
  const id = useReplay((state) => state.onChart)
  const candles = useReplay((state) => state.chart?.candles)
  const error = useReplay((state) => state.chartError)
  const marks = useMarks(useReplay((state) => state.chart?.marks))
  const lines = useLines(useReplay((state) => state.chart?.lines))
  const highlightedAt = useReplay((state) => (state.chosen?.slot === slot ? state.chosen.openedAt : null))
  if (run !== undefined && run.slots.length > 0 && !run.slots.includes(slot)) {
    return <Empty>{slot} was not part of this replay. Choose one of its slots, or go back to live.</Empty>
  }
  if (candles === undefined) {
    return error === null ? (
      <Empty busy>Loading the tape's candles…</Empty>
    ) : (
      <Empty>No chart of this replay: {error}. Trading is not affected.</Empty>
    )
  }
  if (candles.length === 0) {
    return <Empty>{run?.state === 'running' ? 'No candle so far.' : `The tape holds no candle of ${slot}.`}</Empty>
  }
  return (
    <PriceChart
      key={`${id} ${slot} ${frame}`}
      candles={candles}
      marks={marks}
      lines={lines}
      highlightedAt={highlightedAt}
      frameMs={frameMs(frame)}
      strike={null}
      decimals={assetDecimals(candles.at(-1)?.[4] ?? 1)}
      saveAs={`replay-${slot}-${frame}.png`}
      label={`REPLAY: candles of ${slot}, ${frame}, ${marks.length} trade marks`}
    />
  )
}
