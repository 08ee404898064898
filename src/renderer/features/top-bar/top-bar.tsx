import { type ReactNode, useEffect } from 'react'
import { marketLabel } from '../../../shared/domain/market.ts'
import { MICRO } from '../../../shared/domain/money.ts'
import type { DeskStatus } from '../../../shared/ipc/desk-view.ts'
import { kill, openRearmDialog, toggleFreeze, togglePause } from '../../data/actions.ts'
import { useDesk, useDeskModel, useNow, useUi } from '../../data/hooks.ts'
import { isTradable, outageSummary } from '../../data/outages.ts'
import { Button } from '../../ui/button.tsx'
import { clock, count, countdown, duration, money, profit, sentence, tone } from '../../ui/format.ts'
import { Tooltip } from '../../ui/tooltip.tsx'

function MarketBadge({ status }: { status: Pick<DeskStatus, 'market' | 'feed'> }) {
  return (
    <span className={`market-badge ${status.market === 'live' ? 'real' : 'play'}`} data-testid="market-badge">
      {marketLabel(status).toUpperCase()}
    </span>
  )
}

/** Trading state. An outage is shown in place of "Running". */
function Trading({ status }: { status: DeskStatus }) {
  const slots = useDesk((state) => state.slotIds.filter((id) => isTradable(state.slots[id])).length)
  const { trading, outages, tradingReason } = status
  const outage = trading === 'running' ? outageSummary(outages, slots) : null
  const reason = outage === null ? tradingReason : outages.map((each) => each.reason).join('\n')
  return (
    <span
      className={`trading-state ${outage === null ? trading : 'outage'}`}
      data-testid="trading-state"
      title={reason ?? undefined}
    >
      <span className="state-sign" aria-hidden="true" />
      {outage ?? sentence(trading)}
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

function DeploymentsState({ status }: { status: DeskStatus }) {
  const now = useNow()
  const { deploys, deploysUntil, deploysReason } = status
  const timeLeft = deploysUntil === null || now === null ? '' : ` ${countdown(deploysUntil - now)}`
  const button = (
    <button type="button" className="top-item" data-testid="deploys-state">
      <span className="dim">Deployments</span>{' '}
      <strong className={deploys === 'open' ? '' : 'attention'}>
        {deploys}
        {timeLeft}
      </strong>
    </button>
  )
  if (deploysReason === null) return button
  return <Tooltip text={deploysReason}>{button}</Tooltip>
}

function Money({ status }: { status: DeskStatus }) {
  return (
    <>
      <span
        className="top-item"
        title={`Fees today ${money(status.feesToday)} · cash ${money(status.cash)} · locked payouts ${money(status.lockedPayouts)}`}
      >
        <span className="dim">Today</span>{' '}
        <strong className={`figure pnl-today ${tone(status.pnlToday / MICRO, 2)}`}>{profit(status.pnlToday)}</strong>
      </span>
      <span className="top-item">
        <span className="dim">At stake</span> <strong className="figure">{money(status.atStake)}</strong>
      </span>
      <span className="top-item dim figure top-cap">of {money(status.stakeCap)}</span>
    </>
  )
}

function Actions({ status }: { status: DeskStatus }): ReactNode {
  const model = useDeskModel()
  const singleKeys = useUi((state) => state.singleKeys)
  const frozen = status.deploys === 'frozen'
  const paused = status.trading === 'paused'
  return (
    <div className="top-actions">
      <Button
        keys={singleKeys ? 'F' : undefined}
        tone={frozen ? 'attention' : 'plain'}
        onClick={() => toggleFreeze(model)}
        pressed={frozen}
      >
        {frozen ? 'Unfreeze' : 'Freeze'}
      </Button>
      <Button
        keys={singleKeys ? 'P' : undefined}
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
        <Button keys="⇧Esc" tone="kill" onClick={() => kill(model)} title="Shuts the gate at once; positions are held">
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

/** Puts outages, pause and kill into the window's title, where they are seen behind other windows. */
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

/** Market, trading state, deployments, money; freeze, pause and kill. */
export function TopBar() {
  const status = useDesk((state) => state.status)
  useTitle(status)
  const connection = useDesk((state) => state.connection)
  const classes = ['top-bar']
  if (status?.market === 'live') classes.push('real-money')
  if (status?.trading === 'killed') classes.push('killed')
  if (connection !== 'connected') classes.push('not-connected')
  return (
    <header className={classes.join(' ')} data-testid="top-bar">
      {/* In a narrow window the last items are hidden first: cycle, clock, cap. Actions are never hidden. */}
      <div className="top-info">
        <span className="brand">Baton</span>
        {status === null ? (
          <span className="dim">waiting for the desk…</span>
        ) : (
          <>
            <MarketBadge status={status} />
            <Trading status={status} />
            <DeploymentsState status={status} />
            <span className="spacer" />
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
