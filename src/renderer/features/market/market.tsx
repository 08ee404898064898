import { useMemo } from 'react'
import { frameMs } from '../../../shared/domain/slots.ts'
import type { SlotRow } from '../../../shared/ipc/contract.ts'
import { useChart, useDesk, useNow, useSession } from '../../data/hooks.ts'
import { PriceChart } from '../../ui/chart/price-chart.tsx'
import {
  assetDecimals,
  assetPrice,
  bp,
  clock,
  countdown,
  hourMinute,
  price,
  shortLabel,
  tone,
} from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'
import { versionStyle } from '../../ui/version-style.ts'

function Stat({ name, children, width }: { name: string; children: React.ReactNode; width?: string }) {
  return (
    <div className="stat" style={width === undefined ? undefined : { minWidth: width }}>
      <dt>{name}</dt>
      <dd className="figure">{children}</dd>
    </div>
  )
}

function TimeLeft({ end }: { end: number }) {
  const now = useNow()
  const left = now === null ? 0 : end - now
  return (
    <time className={left <= 30_000 ? 'time-left late' : 'time-left'} data-testid="time-left">
      {now === null ? '–:––' : countdown(left)}
    </time>
  )
}

function FrameSwitch({ own }: { own: '5m' | '15m' }) {
  const session = useSession()
  const frame = useChart((state) => state.frame)
  const slot = useChart((state) => state.slot)
  return (
    <fieldset className="frame-switch" aria-label="Candle length, key M">
      {(['1m', own] as const).map((option) => (
        <button
          key={option}
          type="button"
          aria-pressed={frame === option}
          onClick={() => (slot === null ? undefined : session.showChart(slot, option))}
        >
          {option}
        </button>
      ))}
    </fieldset>
  )
}

function Header({ row }: { row: SlotRow }) {
  const unlisted = row.status === 'unlisted'
  return (
    <header className="market-head">
      <h2 className="market-name">{row.slot}</h2>
      {unlisted ? (
        <span className="dim">{row.statusReason ?? 'Not listed by this feed or venue: it never trades.'}</span>
      ) : (
        <>
          <dl className="stats">
            <Stat name="window">
              {hourMinute(row.windowStart)}–{hourMinute(row.windowEnd)}
            </Stat>
            <Stat name={row.strikeIsEstimate ? 'strike, estimate' : 'strike'}>
              <span className={row.strikeIsEstimate ? 'estimate' : ''}>
                {row.strikeIsEstimate && row.strike !== null ? '≈ ' : ''}
                {assetPrice(row.strike)}
              </span>
            </Stat>
            <Stat name="spot">{assetPrice(row.spot)}</Stat>
            <Stat name="move" width="60px">
              <span className={tone(row.moveBp, 1)}>{bp(row.moveBp)} bp</span>
            </Stat>
            <Stat name="Up bid / ask" width="80px">
              <strong>{price(row.up.bid, row.tick)}</strong> / {price(row.up.ask, row.tick)}
            </Stat>
            <Stat name="Down bid / ask" width="80px">
              <strong>{price(row.down.bid, row.tick)}</strong> / {price(row.down.ask, row.tick)}
            </Stat>
          </dl>
          <TimeLeft end={row.windowEnd} />
        </>
      )}
    </header>
  )
}

function Why({ row }: { row: SlotRow }) {
  return (
    <p className="why" data-testid="why">
      <span className="why-word">why</span>
      {row.status === 'live' ? null : (
        <span className={row.status === 'faulted' ? 'why-text down' : 'why-text attention'}>
          {row.status}
          {row.statusReason === null ? '' : `: ${row.statusReason}`}
        </span>
      )}
      {row.lastWhy === null ? (
        <span className="faint">No decision yet.</span>
      ) : (
        <>
          <span className="figure faint">{clock(row.lastDecisionAt)}</span>
          <span className="why-text" title={row.lastWhy}>
            {row.lastWhy}
          </span>
        </>
      )}
      <span className="spring" />
      {row.regime === null ? null : <span className="faint">{row.regime}</span>}
      {row.timeframe === '5m' ? <FrameSwitch own="5m" /> : <FrameSwitch own="15m" />}
    </p>
  )
}

function Chart({ row }: { row: SlotRow }) {
  const frame = useChart((state) => state.frame)
  const candles = useChart((state) => state.data?.candles)
  const rawMarks = useChart((state) => state.data?.marks)
  const rawLines = useChart((state) => state.data?.lines)
  const error = useChart((state) => state.error)
  const marks = useMemo(
    () =>
      (rawMarks ?? []).map((mark) => ({
        ts: mark.ts,
        kind: mark.kind,
        side: mark.side,
        color: versionStyle(mark.version).color,
        label: shortLabel(mark.version),
      })),
    [rawMarks],
  )
  const lines = useMemo(
    () =>
      (rawLines ?? []).map((line) => ({
        ts: line.ts,
        color: versionStyle(line.version).color,
        label: shortLabel(line.version),
      })),
    [rawLines],
  )
  if (row.status === 'unlisted') return <Empty>{row.slot} is unlisted: there are no prices to show.</Empty>
  if (candles === undefined) {
    return error === null ? (
      <Empty busy>Loading candles…</Empty>
    ) : (
      <Empty>No chart: {error}. Trading is not affected.</Empty>
    )
  }
  if (candles.length === 0) return <Empty>No candle has closed yet.</Empty>
  return (
    <PriceChart
      key={`${row.slot} ${frame}`}
      candles={candles}
      marks={marks}
      lines={lines}
      frameMs={frameMs(frame)}
      strike={row.strike === null ? null : { price: row.strike, estimate: row.strikeIsEstimate }}
      decimals={assetDecimals(candles.at(-1)?.[4] ?? 1)}
      label={`Candles of ${row.asset}, ${frame}, ${marks.length} trade marks, ${lines.length} deployments`}
    />
  )
}

/** The chosen slot: its window and prices, its chart, and why the last decision was what it was. */
export function Market() {
  const slot = useChart((state) => state.slot)
  const row = useDesk((state) => (slot === null ? undefined : state.slots[slot]))
  return (
    <section className="market" aria-label="Market" data-testid="market">
      {row === undefined ? (
        <Empty busy>Waiting for the desk…</Empty>
      ) : (
        <>
          <Header row={row} />
          <div className="chart-area" data-testid="chart">
            <Chart row={row} />
          </div>
          <Why row={row} />
        </>
      )}
    </section>
  )
}
