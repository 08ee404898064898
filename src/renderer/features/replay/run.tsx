import type { ReplayRow } from '../../../shared/domain/replays.ts'
import { useDeskModel, useReplay } from '../../data/hooks.ts'
import { isWorthShowing } from '../../data/remaining-time.ts'
import { Button } from '../../ui/button.tsx'
import { clock, count, dateTime, duration, money, profit, progress, shortLabel, span } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { ProgressBar } from '../../ui/progress-bar.tsx'
import { StatsTable } from '../../ui/stats-table.tsx'
import { VersionDot } from '../../ui/version-dot.tsx'

const STATES = {
  running: { text: 'running', tone: 'attention' },
  done: { text: 'done', tone: '' },
  partial: { text: 'PARTIAL', tone: 'attention' },
  failed: { text: 'failed', tone: 'down' },
} as const satisfies Record<ReplayRow['state'], { text: string; tone: string }>

/** Name of a run in the list. Its result comes first, because that tells runs of one strategy apart. */
function runName(run: ReplayRow, title: string): string {
  const result = run.stats === null ? STATES[run.state].text : profit(run.stats.pnl)
  const partial = run.state === 'partial' ? ' PARTIAL' : ''
  return `${run.strategy} ${shortLabel(run.version)} ${result}${partial} · ${title} · ${clock(run.startedAt)}`
}

/** Selects the shown run; newest first. */
export function RunHead({ run }: { run: ReplayRow }) {
  const model = useDeskModel()
  const runs = useReplay((state) => state.runs)
  const tapes = useReplay((state) => state.tapes)
  const onChart = useReplay((state) => state.onChart === run.id)
  const titleOf = (id: string): string => tapes?.find((tape) => tape.id === id)?.title ?? id
  const state = STATES[run.state]
  return (
    <header className="run-head">
      <VersionDot version={run.version} />
      <select
        className="run-select"
        aria-label="Run, newest first"
        value={run.id}
        onChange={(event) => model.replayActions.select(event.target.value)}
        data-testid="replay-runs"
      >
        {runs.map((other) => (
          <option key={other.id} value={other.id}>
            {runName(other, titleOf(other.tape))}
          </option>
        ))}
      </select>
      <span className={`run-state ${state.tone}`} data-testid="replay-state">
        {state.text}
      </span>
      <Button
        small
        pressed={onChart}
        {...(onChart ? { keys: 'Esc' } : {})}
        onClick={() => (onChart ? model.replayActions.backToLive() : model.replayActions.select(run.id))}
      >
        {onChart ? 'Live chart' : 'On the chart'}
      </Button>
    </header>
  )
}

function RunProgress({ run }: { run: ReplayRow }) {
  const remainingMs = useReplay((state) => state.remainingMs[run.id] ?? null)
  return (
    <div className="run-progress" data-testid="replay-progress">
      <ProgressBar value={run.progress} label="Replay" />
      <span className="figure run-part">{progress(run.progress)}</span>
      <span className="figure run-reached">{dateTime(run.reached)} UTC</span>
      <span className="figure run-left">{isWorthShowing(remainingMs) ? `${duration(remainingMs)} left` : ''}</span>
      <span className="figure dim run-speed">
        {run.decisionsPerSecond === null ? '' : `${count(run.decisionsPerSecond)} decisions/s`}
      </span>
    </div>
  )
}

/** Why a run ended before the end of its tape. */
function EarlyEnd({ run }: { run: ReplayRow }) {
  if (run.state === 'failed') {
    return (
      <p className="run-ending down" role="alert">
        <Icon name="cross" />
        <span>
          The replay failed{run.reason === null ? '' : `: ${run.reason.replace(/\.$/, '')}`}. Trading is not affected.
          Correct the strategy or its params and run again.
        </span>
      </p>
    )
  }
  if (run.state !== 'partial') return null
  return (
    <p className="run-ending attention" role="alert">
      <Icon name="warn" />
      <span>
        <strong>PARTIAL</strong>: ended early at {dateTime(run.reached)} UTC, {progress(run.progress)} of the tape
        {run.reason === null ? '' : `: ${run.reason.replace(/\.$/, '')}`}. The results cover this part only.
      </span>
    </p>
  )
}

function Counts({ run }: { run: ReplayRow }) {
  const { stats } = run
  const slots = run.slots.length === 1 ? (run.slots[0] ?? '') : `${run.slots.length} slots`
  const parts = [`${span(run.from, run.to)} UTC`, slots]
  if (stats !== null) {
    parts.push(`${count(stats.decisions)} decisions`, `${count(stats.fills)} fills`, `fees ${money(stats.fees)}`)
    if (stats.refused > 0) parts.push(`${count(stats.refused)} refused`)
    if (stats.openPositions > 0) parts.push(`${count(stats.openPositions)} still open`)
    parts.push(`at most ${count(stats.peakOrdersPerMinute)} orders a minute`)
  }
  if (run.state !== 'running' && run.decisionsPerSecond !== null) {
    parts.push(`${count(run.decisionsPerSecond)} decisions/s`)
  }
  const text = parts.join(' · ')
  return (
    <p className="run-counts figure" title={text}>
      {text}
    </p>
  )
}

/** One run: its progress, notices, and its results beside those of the live version. */
export function Run({ run }: { run: ReplayRow }) {
  return (
    <>
      {run.state === 'running' ? <RunProgress run={run} /> : null}
      <EarlyEnd run={run} />
      {run.notices.map((notice) => (
        <p key={notice} className="run-notice" title={notice}>
          {notice}
        </p>
      ))}
      {run.state === 'failed' && run.stats === null ? null : (
        <StatsTable
          label="Replay and live version on the same tape"
          layout="rows"
          results={[
            { version: run.version, role: 'replay', stats: run.stats },
            { version: run.live?.version ?? null, role: 'live', stats: run.live?.stats ?? null },
          ]}
        />
      )}
      <Counts run={run} />
    </>
  )
}
