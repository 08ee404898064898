import type { SlotRow } from '../../../shared/ipc/desk-view.ts'
import { useChart, useDesk, useDeskModel, useNow, useProof, useReplay, useUi } from '../../data/hooks.ts'
import { assetPrice, bp, clock, countdown, hourMinute, price, tone } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'
import { LiveChart, ReplayChart } from './chart.tsx'
import { DifferenceBand, ReplayBand } from './chart-band.tsx'

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
  const leftMs = now === null ? 0 : end - now
  return (
    <time className={leftMs <= 30_000 ? 'time-left late' : 'time-left'} data-testid="time-left">
      {now === null ? '–:––' : countdown(leftMs)}
    </time>
  )
}

function FrameSwitch({ timeframe }: { timeframe: '5m' | '15m' }) {
  const model = useDeskModel()
  const frame = useChart((state) => state.frame)
  const slot = useChart((state) => state.slot)
  return (
    <fieldset className="frame-switch" aria-label="Candle length, key M">
      {(['1m', timeframe] as const).map((option) => (
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
        <span className="dim">{row.statusReason ?? 'Not listed by this feed or venue; it never trades.'}</span>
      ) : (
        <>
          <dl className="stats">
            <Stat name="window">
              {hourMinute(row.windowStart)}–{hourMinute(row.windowEnd)}
            </Stat>
            <Stat name={strikeName(row)}>
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

/** Names the source of the strike on real books. */
function strikeName({ strike, strikeIsEstimate, source }: SlotRow): string {
  if (strike === null) return 'strike'
  if (strikeIsEstimate) return 'strike, estimate'
  return source?.strike == null ? 'strike' : `strike, ${source.strike}`
}

/** Age and checksum of a real book. */
function BookState({ source }: { source: NonNullable<SlotRow['source']> }) {
  const { bookAgeSec, checksum } = source
  const trust =
    checksum === 'verified' ? 'checksum verified' : checksum === 'none' ? 'no verified book' : 'changes unverified'
  return (
    <span className={checksum === 'verified' ? 'faint' : 'attention'} data-testid="book-state">
      {trust}
      {bookAgeSec === null || bookAgeSec < 5 ? '' : `, ${bookAgeSec} s old`}
    </span>
  )
}

function DecisionReason({ row }: { row: SlotRow }) {
  return (
    <p className="why" data-testid="why">
      <span className="why-label">why</span>
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
      <span className="spacer" />
      {row.source === null ? null : <BookState source={row.source} />}
      {row.regime === null ? null : <span className="faint">{row.regime}</span>}
      <FrameSwitch timeframe={row.timeframe} />
    </p>
  )
}

/** The reason of the chosen trade of a replay. */
function ReplayReason({ row }: { row: SlotRow }) {
  const trade = useReplay((state) => state.chosen)
  const shown = trade !== null && trade.slot === row.slot ? trade : null
  return (
    <p className="why" data-testid="why">
      <span className="why-label">why</span>
      {shown === null ? (
        <span className="faint">Choose a trade of the replay to see why it was made.</span>
      ) : (
        <>
          <span className="figure faint">{clock(shown.openedAt)}</span>
          <span className="why-text" title={shown.why}>
            {shown.why}
          </span>
        </>
      )}
      <span className="spacer" />
      {shown === null ? null : <span className="faint">{shown.regime}</span>}
      <FrameSwitch timeframe={row.timeframe} />
    </p>
  )
}

/** The chart, live or of a replay, with its band and the reason below it. */
function ChartArea({ row }: { row: SlotRow }) {
  const onChart = useReplay((state) => state.onChart)
  const run = useReplay((state) => state.runs.find(({ id }) => id === state.onChart))
  const differenceAt = useProof((state) => (state.chosen?.slot === row.slot ? state.chosen.ts : null))
  const firstCandle = useChart((state) => state.data?.candles[0]?.[0])
  // Marks and lines get their colours when a chart is created, so changed colours need a new chart.
  const colourRevision = useUi((state) => state.colourRevision)
  if (onChart !== null) {
    return (
      <>
        <ReplayBand run={run} />
        <div className="chart-area replayed" data-testid="chart">
          <ReplayChart slot={row.slot} run={run} />
        </div>
        <ReplayReason row={row} />
      </>
    )
  }
  return (
    <>
      {differenceAt === null ? null : <DifferenceBand ts={differenceAt} firstCandle={firstCandle} />}
      <div className="chart-area" data-testid="chart">
        <LiveChart key={colourRevision} row={row} />
      </div>
      <DecisionReason row={row} />
    </>
  )
}

/** The chosen slot: window, prices, chart, and the reason of its last decision. */
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
          <ChartArea row={row} />
        </>
      )}
    </section>
  )
}
