import { useCallback, useMemo } from 'react'
import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import type { DecisionAct, DecisionDifference } from '../../../shared/domain/proofs.ts'
import type { VersionRef } from '../../../shared/domain/versions.ts'
import { showDifference } from '../../data/actions.ts'
import { useDeskModel, useProof, useShownDeployment, useToday } from '../../data/hooks.ts'
import { differenceKey } from '../../data/proof-store.ts'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { count, dateTime, shortLabel, stamp } from '../../ui/format.ts'
import { Empty } from '../../ui/panel.tsx'
import { VersionDot } from '../../ui/version-dot.tsx'
import { describeAct } from './describe-act.ts'

function Act({ act }: { act: DecisionAct | null }) {
  if (act === null) return <span className="faint">hold</span>
  return <span className={act.kind === 'fault' ? 'figure down' : 'figure'}>{describeAct(act)}</span>
}

function Why({ act }: { act: DecisionAct | null }) {
  return act === null ? null : (
    <span className="dim" title={act.why}>
      {act.why}
    </span>
  )
}

function columnsFor(row: DeploymentRow, today: number | null): readonly Column<DecisionDifference>[] {
  const candidate = row.version === null ? 'candidate' : `${shortLabel(row.version)} candidate`
  const liveVersion = row.proof?.liveVersion ?? null
  const live = liveVersion === null ? 'live' : `${shortLabel(liveVersion)} live`
  return [
    {
      key: 'time',
      head: 'time UTC',
      width: '104px',
      cell: (item) => <span className="figure dim">{stamp(item.ts, today)}</span>,
    },
    { key: 'slot', head: 'slot', width: '78px', cell: (item) => item.slot },
    { key: 'candidate', head: candidate, width: '180px', cell: (item) => <Act act={item.candidate} /> },
    { key: 'candidate-why', head: 'why', cell: (item) => <Why act={item.candidate} /> },
    { key: 'live', head: live, width: '180px', cell: (item) => <Act act={item.live} /> },
    { key: 'live-why', head: 'why', cell: (item) => <Why act={item.live} /> },
  ]
}

function Side({ version, part, act }: { version: VersionRef | null; part: string; act: DecisionAct | null }) {
  const name = version === null ? part : `${shortLabel(version)} ${part}`
  const text = `${name}: ${describeAct(act)}${act === null || act.why === '' ? '' : `, ${act.why}`}`
  return (
    <p title={text}>
      {version === null ? null : <VersionDot version={version} />}
      <span>{text}</span>
    </p>
  )
}

/** The chosen difference with both reasons in full. */
function Chosen({ row, item }: { row: DeploymentRow; item: DecisionDifference }) {
  return (
    <div className="difference-chosen" aria-live="polite">
      <Side version={row.version} part="candidate" act={item.candidate} />
      <Side version={row.proof?.liveVersion ?? null} part="live" act={item.live} />
    </div>
  )
}

function Summary({ row, shown }: { row: DeploymentRow; shown: number }) {
  const total = Math.max(row.proof?.differences ?? 0, shown)
  return (
    <p className="difference-summary">
      {row.version === null ? null : <VersionDot version={row.version} />}
      <span>
        {count(total)} {total === 1 ? 'decision' : 'decisions'} of {row.version?.label ?? row.strategy}{' '}
        {total === 1 ? 'differs' : 'differ'} from the live version's on the same tape
        {shown < total ? `; ${count(shown)} are listed` : ''}
        {row.proof?.verdict === 'running' ? '; the proof is still running' : ''}.
      </span>
      <span className="spacer" />
      <span className="faint">↑ ↓ choose; the chart shows it</span>
    </p>
  )
}

/** Decisions in which the shown proof's candidate and the live version differ. */
export function Differences() {
  const model = useDeskModel()
  const row = useShownDeployment()
  const today = useToday()
  const items = useProof((state) => state.items)
  const error = useProof((state) => state.error)
  const chosen = useProof((state) => state.chosen)
  const columns = useMemo(() => (row === undefined ? [] : columnsFor(row, today)), [row, today])
  const choose = useCallback((item: DecisionDifference) => showDifference(model, item), [model])
  if (row?.proof == null) {
    return (
      <Empty>
        No proof is shown. A saved strategy is replayed on recent tape beside its live version; decisions that differ
        are listed here.
      </Empty>
    )
  }
  if (items === null) {
    return error === null ? (
      <Empty busy>Loading the decisions that differ…</Empty>
    ) : (
      <Empty>
        The list could not be loaded: {error}. Trading is not affected.{' '}
        <Button small onClick={() => model.proofActions.refresh()}>
          Try again
        </Button>
      </Empty>
    )
  }
  if (items.length === 0) {
    return (
      <Empty>
        {row.proof.verdict === 'running'
          ? 'The proof is running; no decision has differed so far.'
          : row.proof.live === null
            ? 'There was no live version to compare the candidate with.'
            : 'Both versions made the same decisions on the tape of this proof.'}
      </Empty>
    )
  }
  return (
    <div className="differences">
      <Summary row={row} shown={items.length} />
      <DataTable
        label="Decisions that differ"
        testId="differences"
        minWidth={640}
        columns={columns}
        rows={items}
        rowKey={differenceKey}
        chosen={chosen === null ? null : differenceKey(chosen)}
        onChoose={choose}
      />
      {chosen === null ? null : <Chosen row={row} item={chosen} />}
      {chosen === null ? null : (
        <span className="sr-only">{`Chart at ${dateTime(chosen.ts)} UTC, ${chosen.slot}`}</span>
      )}
    </div>
  )
}
