import type { SlotRow } from '../../../shared/ipc/desk-view.ts'
import { useChart, useDesk, useNow, useProof, useReplay, useDeskModel, useUi } from '../../data/hooks.ts'
import { assetPrice, bp, clock, countdown, hourMinute, price, tone } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'
import { LiveChart, ReplayChart } from './chart.tsx'
import { MomentBand, ReplayBand } from './chart-band.tsx'

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
  const model = useDeskModel()
  const frame = useChart((state) => state.frame)
  const slot = useChart((state) => state.slot)
  return (
    <fieldset className="frame-switch" aria-label="Candle length, key M">
      {(['1m', own] as const).map((option) => (
        <button
          key={option}
          type="button"
          aria-pressed={frame === option}
          onClick={() => (slot === null ? undefined : model.showChart(slot, option))}
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

/** Under a replay's chart: why the chosen trade was made, not what the live version decided last. */
function ReplayWhy({ row }: { row: SlotRow }) {
  const trade = useReplay((state) => state.chosen)
  const own = trade !== null && trade.slot === row.slot ? trade : null
  return (
    <p className="why" data-testid="why">
      <span className="why-word">why</span>
      {own === null ? (
        <span className="faint">Choose a trade of the replay to see why it was made.</span>
      ) : (
        <>
          <span className="figure faint">{clock(own.openedAt)}</span>
          <span className="why-text" title={own.why}>
            {own.why}
          </span>
        </>
      )}
      <span className="spring" />
      {own === null ? null : <span className="faint">{own.regime}</span>}
      {row.timeframe === '5m' ? <FrameSwitch own="5m" /> : <FrameSwitch own="15m" />}
    </p>
  )
}

/** The chart with what is said around it, in place of the live market while a replay is chosen. */
function Body({ row }: { row: SlotRow }) {
  const onChart = useReplay((state) => state.onChart)
  const run = useReplay((state) => state.runs.find((one) => one.id === state.onChart))
  const moment = useProof((state) => (state.chosen?.slot === row.slot ? state.chosen.ts : null))
  const first = useChart((state) => state.data?.candles[0]?.[0])
  // Marks and lines are made once for each chart: another colour makes another chart.
  const colours = useUi((state) => state.colours)
  if (onChart !== null) {
    return (
      <>
        <ReplayBand run={run} />
        <div className="chart-area replayed" data-testid="chart">
          <ReplayChart slot={row.slot} run={run} />
        </div>
        <ReplayWhy row={row} />
      </>
    )
  }
  return (
    <>
      {moment === null ? null : <MomentBand ts={moment} first={first} />}
      <div className="chart-area" data-testid="chart">
        <LiveChart key={colours} row={row} />
      </div>
      <Why row={row} />
    </>
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
          <Body row={row} />
        </>
      )}
    </section>
  )
}
