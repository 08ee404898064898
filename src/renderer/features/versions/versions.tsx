import { Fragment } from 'react'
import type { PolicyOverride } from '../../../shared/domain/deployments.ts'
import { MICRO } from '../../../shared/domain/money.ts'
import type { VersionRow } from '../../../shared/ipc/desk-view.ts'
import { compareVersion, openAssignDialog } from '../../data/actions.ts'
import { useDesk, useDeskModel, useUi } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { count, percent, profit, stamp, tone } from '../../ui/format.ts'
import { Empty, Panel } from '../../ui/panel.tsx'
import { VersionDot } from '../../ui/version-dot.tsx'
import { sortVersions } from './sort-versions.ts'

function handedText({ handed }: VersionRow): string | undefined {
  return handed.trades === 0
    ? undefined
    : `${count(handed.trades)} more trades changed their owner; profit attributed to this version: ${profit(handed.pnl)}`
}

function overrideText({ ts, by, rules, reason }: PolicyOverride): string {
  return `${stamp(ts, null)} UTC, ${by} overrode ${rules.join(', ')}: ${reason}`
}

function VersionItem({ row }: { row: VersionRow }) {
  const model = useDeskModel()
  const compared = useUi((state) => state.compare?.hash === row.hash)
  return (
    <tr className={compared ? 'chosen' : undefined}>
      <td>
        <button
          type="button"
          className="version-link"
          title={`${row.label} · ${row.state}${row.faults > 0 ? ` · ${row.faults} faults` : ''}: show its source`}
          onClick={() => compareVersion(model, row)}
        >
          <VersionDot version={row} />v{row.number}
          {row.state === 'retired' ? null : (
            <span className={row.state === 'live' ? 'tag live' : row.state === 'faulted' ? 'tag down' : 'tag'}>
              {row.state === 'candidate' ? 'new' : row.state}
            </span>
          )}
          {row.overrides.length === 0 ? null : (
            <span className="attention" title={row.overrides.map(overrideText).join('\n')}>
              <span aria-hidden>!</span>
              <span className="sr-only">a rule was overridden</span>
            </span>
          )}
        </button>
      </td>
      <td className="right" title={handedText(row)}>
        {count(row.own.trades)}
        {row.handed.trades === 0 ? null : <span className="faint"> +{count(row.handed.trades)}</span>}
      </td>
      <td className="right">{percent(row.own.winRate)}</td>
      <td className="right dim">{percent(row.own.breakEven)}</td>
      <td className={`right ${tone(row.own.pnl / MICRO, 2)}`}>{profit(row.own.pnl)}</td>
    </tr>
  )
}

/** Offers to assign a slot to a strategy that has none. */
function AssignButton({ strategy }: { strategy: string }) {
  const model = useDeskModel()
  const hasSlot = useDesk((state) => state.slotIds.some((id) => state.slots[id]?.strategy === strategy))
  if (hasSlot) return null
  return (
    <Button small tone="attention" onClick={() => openAssignDialog(model, strategy)}>
      No slot: assign…
    </Button>
  )
}

function TableHead() {
  return (
    <thead>
      <tr>
        <th scope="col">version</th>
        <th scope="col" className="right">
          trades
        </th>
        <th scope="col" className="right">
          win
        </th>
        <th
          scope="col"
          className="right"
          title="Mean cost of a share with fees: the win rate that earns nothing if shares are held to their outcome"
        >
          break-even
        </th>
        <th scope="col" className="right">
          P&L
        </th>
      </tr>
    </thead>
  )
}

function VersionTable({ rows, strategies }: { rows: readonly VersionRow[]; strategies: readonly string[] }) {
  return (
    <table className="table version-table" aria-label="Versions">
      <TableHead />
      <tbody>
        {strategies.map((strategy) => (
          <Fragment key={strategy}>
            {strategies.length > 1 ? (
              <tr className="strategy-row">
                <th scope="rowgroup" colSpan={5}>
                  {strategy}
                  <AssignButton strategy={strategy} />
                </th>
              </tr>
            ) : null}
            {rows
              .filter((row) => row.strategy === strategy)
              .map((row) => (
                <VersionItem key={row.hash} row={row} />
              ))}
          </Fragment>
        ))}
      </tbody>
    </table>
  )
}

/** Every version with the results of its own trades. */
export function Versions() {
  const versions = useDesk((state) => state.versions)
  const hasSnapshot = useDesk((state) => state.snapshots > 0)
  const rows = sortVersions(versions)
  const strategies = [...new Set(rows.map((row) => row.strategy))]
  const hasHandedTrades = rows.some((row) => row.handed.trades > 0)
  return (
    <Panel
      title="Versions"
      note={strategies.length === 1 ? rows[0]?.strategy : undefined}
      testId="versions"
      className="versions"
    >
      {rows.length === 0 ? (
        <Empty busy={!hasSnapshot}>
          {hasSnapshot ? 'No version yet. The first deployment creates one.' : 'Waiting for the desk…'}
        </Empty>
      ) : (
        <div className="panel-scroll">
          <VersionTable rows={rows} strategies={strategies} />
          {hasHandedTrades ? (
            <p className="proof-text faint table-note">
              +n: trades that changed their owner. They are in no column here; see Attribution for each owner's part.
            </p>
          ) : null}
        </div>
      )}
    </Panel>
  )
}
