import { type ReactNode, useEffect } from 'react'
import { MICRO } from '../../../shared/domain/money.ts'
import type { DeskStatus } from '../../../shared/ipc/desk-view.ts'
import { openRearmDialog, kill, toggleFreeze, togglePause } from '../../data/actions.ts'
import { useDesk, useNow, useDeskModel, useUi } from '../../data/hooks.ts'
import { isTradable, outageSummary } from '../../data/outages.ts'
import { Button } from '../../ui/button.tsx'
import { clock, count, countdown, duration, money, profit, sentence, tone } from '../../ui/format.ts'
import { Tooltip } from '../../ui/tooltip.tsx'

function MarketBadge({ market }: { market: DeskStatus['market'] }) {
  return (
    <span className={`market-badge ${market === 'live' ? 'real' : 'play'}`} data-testid="market-badge">
      {market.toUpperCase()}
    </span>
  )
}

/** Whether it trades. Slots that cannot decide take the place of "Running": a desk that stands still must not look well. */
function Trading({ status }: { status: DeskStatus }) {
  const slots = useDesk((state) => state.slotIds.filter((id) => isTradable(state.slots[id])).length)
  const { trading, outages, tradingReason } = status
  const out = trading === 'running' ? outageSummary(outages, slots) : null
  const why = out === null ? tradingReason : outages.map(({ reason }) => reason).join('\n')
  return (
    <span
      className={`trading-state ${out === null ? trading : 'outage'}`}
      data-testid="trading-state"
      title={why ?? undefined}
    >
      <span className="state-sign" aria-hidden="true" />
      {out ?? sentence(trading)}
    </span>
  )
}

function Cycle({ cycle }: Pick<DeskStatus, 'cycle'>) {
  return (
    <span className="dim top-cycle" title="Cycles since the start · length of the last one · cycles missed">
      cycle <span className="figure cycle-count">{count(cycle.count)}</span>
      <span className="figure cycle-ms">{duration(cycle.lastMs)}</span>
      <span className={cycle.missed > 0 ? 'figure attention' : 'figure'}>{count(cycle.missed)} missed</span>
    </span>
  )
}

function Deploys({ status }: { status: DeskStatus }) {
  const now = useNow()
  const { deploys, deploysUntil, deploysReason } = status
  const left = deploysUntil === null || now === null ? '' : ` ${countdown(deploysUntil - now)}`
  const text = (
    <button type="button" className="top-word" data-testid="deploys-state">
      <span className="dim">Deployments</span>{' '}
      <strong className={deploys === 'open' ? '' : 'attention'}>
        {deploys}
        {left}
      </strong>
    </button>
  )
  if (deploysReason === null) return text
  return <Tooltip text={deploysReason}>{text}</Tooltip>
}

function Money({ status }: { status: DeskStatus }) {
  return (
    <>
      <span
        className="top-word"
        title={`Fees today ${money(status.feesToday)} · cash ${money(status.cash)} · locked payouts ${money(status.lockedPayouts)}`}
      >
        <span className="dim">Today</span>{' '}
        <strong className={`figure pnl-today ${tone(status.pnlToday / MICRO, 2)}`}>{profit(status.pnlToday)}</strong>
      </span>
      <span className="top-word">
        <span className="dim">At stake</span> <strong className="figure">{money(status.atStake)}</strong>
      </span>
      <span className="top-word dim figure top-cap">of {money(status.stakeCap)}</span>
    </>
  )
}

function Actions({ status }: { status: DeskStatus }): ReactNode {
  const model = useDeskModel()
  const single = useUi((state) => state.singleKeys)
  const frozen = status.deploys === 'frozen'
  const paused = status.trading === 'paused'
  return (
    <div className="top-actions">
      <Button
        keys={single ? 'F' : undefined}
        tone={frozen ? 'attention' : 'plain'}
        onClick={() => toggleFreeze(model)}
        pressed={frozen}
      >
        {frozen ? 'Unfreeze' : 'Freeze'}
      </Button>
      <Button
        keys={single ? 'P' : undefined}
        tone={paused ? 'attention' : 'plain'}
        onClick={() => togglePause(model)}
        pressed={paused}
        disabled={status.trading === 'killed'}
      >
        {paused ? 'Resume' : 'Pause'}
      </Button>
      {status.trading === 'killed' ? (
        <Button tone="attention" onClick={() => openRearmDialog(model)}>
          Re-arm…
        </Button>
      ) : (
        <Button
          keys="⇧Esc"
          tone="kill"
          onClick={() => kill(model)}
          title="Shuts the gate at once; positions are held"
        >
          Kill
        </Button>
      )}
    </div>
  )
}

function UtcClock() {
  const now = useNow()
  return (
    <time className="utc figure" data-testid="utc-clock">
      {clock(now)} UTC
    </time>
  )
}

/** The window's title says what must not be missed while another window is in front. */
function useTitle(status: DeskStatus | null): void {
  const slots = useDesk((state) => state.slotIds.filter((id) => isTradable(state.slots[id])).length)
  const state =
    status === null
      ? null
      : status.trading === 'running'
        ? outageSummary(status.outages, slots)
        : status.trading === 'killed'
          ? 'KILLED'
          : 'Paused'
  useEffect(() => {
    document.title = state === null ? 'Baton' : `${state} · Baton`
  }, [state])
}

/** One glance: what market, is it running, what is at stake, what may change; and the three brakes. */
export function TopBar() {
  const status = useDesk((state) => state.status)
  useTitle(status)
  const link = useDesk((state) => state.link)
  const classes = ['top-bar']
  if (status?.market === 'live') classes.push('real-money')
  if (status?.trading === 'killed') classes.push('killed')
  if (link !== 'connected') classes.push('unsure')
  return (
    <header className={classes.join(' ')} data-testid="top-bar">
      {/* What does not fit goes from the end: cycle, clock, cap. The actions never go. */}
      <div className="top-info">
        <span className="brand">Baton</span>
        {status === null ? (
          <span className="dim">waiting for the desk…</span>
        ) : (
          <>
            <MarketBadge market={status.market} />
            <Trading status={status} />
            <Deploys status={status} />
            <span className="spring" />
            <Money status={status} />
            <UtcClock />
            <Cycle cycle={status.cycle} />
          </>
        )}
      </div>
      {status === null ? null : <Actions status={status} />}
    </header>
  )
}
