import { memo } from 'react'
import { MICRO, subUsd } from '../../../shared/domain/money.ts'
import type { SlotId } from '../../../shared/domain/slots.ts'
import type { SlotRow, SlotStatus, VersionRow } from '../../../shared/ipc/desk-view.ts'
import { useDesk, useNow } from '../../data/hooks.ts'
import { bp, clock, count, money, price, profit, sentence, shares, tone } from '../../ui/format.ts'
import { Tooltip } from '../../ui/tooltip.tsx'
import { VersionDot } from '../../ui/version-dot.tsx'

/** Statuses that are shown in place of the price. */
const STATUS_TEXT: Readonly<Partial<Record<SlotStatus, string>>> = {
  unlisted: 'unlisted',
  warming: 'warming',
  stale: 'stale',
  paused: 'paused',
  faulted: 'faulted',
  unassigned: 'no strategy',
}

function WindowBar({ start, end }: { start: number; end: number }) {
  const now = useNow()
  const elapsed = now === null || end <= start ? 0 : Math.min(1, Math.max(0, (now - start) / (end - start)))
  // The last fifth of a window is highlighted: most outcomes are decided in it.
  return (
    <span className={elapsed > 0.8 ? 'window-bar late' : 'window-bar'} aria-hidden="true">
      <span style={{ transform: `scaleX(${elapsed})` }} />
    </span>
  )
}

function ownerOf(versions: readonly VersionRow[], hash: string): VersionRow | null {
  return versions.find((version) => version.hash === hash) ?? null
}

function PositionChip({ row }: { row: SlotRow }) {
  const owner = useDesk((state) => (row.position === null ? null : ownerOf(state.versions, row.position.owner)))
  if (row.position === null) return null
  const { side, shares: amount } = row.position
  return (
    <span className={`chip ${side}`}>
      {side === 'up' ? 'Up' : 'Dn'} {amount < 100 * MICRO ? shares(amount) : count(amount / MICRO)}
      <VersionDot version={owner} />
    </span>
  )
}

function slotLabel(row: SlotRow): string {
  const parts: string[] = [row.slot, row.status]
  if (row.position !== null) {
    parts.push(
      `holds ${sentence(row.position.side)} ${shares(row.position.shares)} shares, owner ${row.position.ownerLabel}`,
    )
  } else if (row.status !== 'unlisted') parts.push(`move ${bp(row.moveBp)} bp, Up ${price(row.up.ask, row.tick)}`)
  return parts.join(', ')
}

function Details({ row }: { row: SlotRow }) {
  const { position } = row
  return (
    <div className="slot-details">
      <div className="detail-title">
        {row.slot} · {row.status}
        {row.regime === null ? '' : ` · ${row.regime}`}
      </div>
      {row.statusReason === null ? null : <div>{row.statusReason}</div>}
      {position === null ? null : (
        <div>
          {sentence(position.side)} {shares(position.shares)} shares for {money(position.cost)}
          {position.markValue === null
            ? ', no mark'
            : `, ${profit(subUsd(position.markValue, position.cost))} at the mark`}
          . Owner {position.ownerLabel}, opened by {position.openedByLabel}.
        </div>
      )}
      {row.unknownOrders > 0 ? (
        <div className="attention">{row.unknownOrders} orders of unknown state: the venue is being queried.</div>
      ) : null}
      {row.openOrders > 0 ? <div>{row.openOrders} open orders</div> : null}
      <div className="dim">{row.version === null ? 'No version assigned' : row.version.label}</div>
      {row.lastWhy === null ? null : (
        <div>
          <span className="dim">{clock(row.lastDecisionAt)}</span> {row.lastWhy}
        </div>
      )}
    </div>
  )
}

/** One slot: name, window, move, and its position, status or price. The columns stay in place in every state. */
export const SlotItem = memo(function SlotItem(props: { id: SlotId; chosen: boolean; onChoose: (id: SlotId) => void }) {
  const row = useDesk((state) => state.slots[props.id])
  if (row === undefined) return null
  const statusText = STATUS_TEXT[row.status]
  const isUnlisted = row.status === 'unlisted'
  return (
    <Tooltip side="right" hoverOnly text={<Details row={row} />}>
      <div
        role="option"
        aria-selected={props.chosen}
        aria-label={slotLabel(row)}
        tabIndex={props.chosen ? 0 : -1}
        className={`slot ${row.status}`}
        data-testid={`slot-${row.slot}`}
        onClick={() => props.onChoose(props.id)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') props.onChoose(props.id)
        }}
      >
        <span className="slot-name">
          {row.asset}
          <span className="faint">-{row.timeframe}</span>
        </span>
        {isUnlisted ? <span /> : <WindowBar start={row.windowStart} end={row.windowEnd} />}
        <span className={`figure slot-move ${tone(row.moveBp, 1)}`}>{isUnlisted ? '' : bp(row.moveBp)}</span>
        <span className="slot-end">
          {row.position !== null ? (
            <PositionChip row={row} />
          ) : statusText !== undefined ? (
            <span className="slot-status">{statusText}</span>
          ) : (
            <span className="figure dim">{price(row.up.ask ?? row.up.bid, row.tick)}</span>
          )}
        </span>
      </div>
    </Tooltip>
  )
})
