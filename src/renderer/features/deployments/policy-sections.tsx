import { gaugeFigures } from '../../../shared/attribution/overfit.ts'
import type {
  DeploymentRow,
  PolicyOverride,
  PolicyRefusal,
  ProbationBound,
} from '../../../shared/domain/deployments.ts'
import { usdOf } from '../../../shared/domain/money.ts'
import { useAttribution, useNow } from '../../data/hooks.ts'
import { clock, count, countdown, money, percent, sentence, stretch } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'
import { StatsTable } from '../../ui/stats-table.tsx'
import { Bounds } from './bounds.tsx'

/** The policy rules that a candidate waits for, each with its latest end. */
export function Waits({ row }: { row: DeploymentRow }) {
  const now = useNow()
  // A shadow has a section of its own.
  const waits = (row.policy?.waits ?? []).filter(({ rule }) => rule !== 'shadow')
  if (waits.length === 0) return null
  const dismissedAt = row.policy?.waitsUntil ?? null
  return (
    <section className="policy-section" aria-label="Waits for" data-testid="waits">
      <ul className="bounds">
        {waits.map((refusal) => (
          <li key={refusal.rule} className="bound">
            <Icon name="wait" className="attention" />
            <span>{sentence(refusal.rule)}</span>
            <span className="figure bound-value">{timeLeft(refusal, now)}</span>
          </li>
        ))}
      </ul>
      {waits.map(({ rule, message }) => (
        <p key={rule} className="proof-text">
          {sentence(message)}.
        </p>
      ))}
      {dismissedAt === null ? null : (
        <p className="proof-text faint">It is dismissed at {clock(dismissedAt)} UTC unless it is live by then.</p>
      )}
    </section>
  )
}

function timeLeft({ until }: PolicyRefusal, now: number | null): string {
  return until === null || now === null ? 'no end' : countdown(until - now)
}

/** The recorded override of policy. */
export function Override({ override }: { override: PolicyOverride | null }) {
  if (override === null) return null
  return (
    <p className="proof-text attention" data-testid="override">
      Overridden by {override.by} ({override.rules.join(', ')}): {override.reason}
    </p>
  )
}

/** Results of a shadow beside those of the live version over the same time. */
export function ShadowResults({ row }: { row: DeploymentRow }) {
  const { shadow } = row
  if (shadow === null) return null
  const differences = shadow.differences === 1 ? '1 decision differs' : `${count(shadow.differences)} decisions differ`
  return (
    <section className="policy-section" aria-label="Shadow" data-testid="shadow">
      <header className="proof-head">
        <strong>Shadow since {clock(shadow.since)} UTC</strong>
        <span className="spacer" />
        <span className="figure">{shadow.candidate === null ? 'no results yet' : differences}</span>
      </header>
      {shadow.reason === null ? null : <p className="proof-text">{sentence(shadow.reason)}.</p>}
      {shadow.candidate === null ? null : (
        <StatsTable
          label="Shadow and live version since the shadow began"
          layout="columns"
          basis={stretch(shadow.reached - shadow.since)}
          results={[
            { version: row.version, role: 'shadow', stats: shadow.candidate },
            { version: row.from, role: 'live', stats: shadow.live },
          ]}
        />
      )}
      <p className="proof-text faint">
        Paper fills on the desk's own recording. They are not part of the desk's trades.
      </p>
    </section>
  )
}

/** How much of a strategy's results may be luck, given the number of versions tried. */
export function OverfitGauge({ strategy }: { strategy: string }) {
  const gauge = useAttribution((state) => state.gauges[strategy])
  if (gauge === undefined || gauge.versionsTried === 0) return null
  return (
    <section className="policy-section" aria-label="Overfitting" data-testid="gauge">
      <header className="proof-head">
        <strong>{strategy}: skill or luck?</strong>
      </header>
      <p className="proof-text">{gaugeFigures(gauge).join(' · ')}</p>
      <p className="proof-text faint">{sentence(gauge.sentence)}</p>
    </section>
  )
}

/** Slots and stake that a version trades, or traded, as a canary. */
export function CanaryPart({ row }: { row: DeploymentRow }) {
  const { canary } = row
  if (canary === null) return null
  const stake = canary.stakePercent === 100 ? 'the whole stake' : `${canary.stakePercent} % of the stake`
  return (
    <p className="proof-text" data-testid="canary">
      {row.state === 'canary' ? 'Trades' : 'Was a canary with'} {stake} in {canary.slots.join(', ')} since{' '}
      {clock(canary.since)} UTC{row.state === 'canary' ? '. Promote or dismiss it.' : '.'}
    </p>
  )
}

const VERDICT_TEXT = {
  probation: { running: 'On probation', passed: 'Probation passed', failed: 'Probation failed' },
  canary: { running: 'Canary is watched', passed: 'Canary is within all bounds', failed: 'Canary was ended' },
} as const

/** Results of a version's first windows, and the bounds they are checked against. */
export function Probation({ row }: { row: DeploymentRow }) {
  const { probation } = row
  if (probation === null) return null
  const { verdict, windows, windowsNeeded, trades, wins, pnl, bounds, reason } = probation
  const text = VERDICT_TEXT[row.canary !== null && row.swappedAt === null ? 'canary' : 'probation'][verdict]
  return (
    <section className="policy-section" aria-label="Probation" data-testid="probation">
      <header className="proof-head">
        <strong className={verdict === 'failed' ? 'down' : ''}>{text}</strong>
        <span className="spacer" />
        <span className="figure">
          {count(windows)} of {count(windowsNeeded)} windows
        </span>
      </header>
      {verdict === 'running' ? null : <p className="proof-text">{sentence(reason)}.</p>}
      <p className="proof-text figure">
        {count(trades)} settled, {count(wins)} won, {money(pnl)}
      </p>
      <Bounds
        label="Bounds of the probation"
        signText={{ passed: 'within', broken: 'beyond' }}
        bounds={bounds.map((bound) => ({
          name: bound.name,
          passed: bound.passed,
          value: amount(bound, bound.value),
          bound: `${bound.unit === 'chance' ? 'at least' : 'at most'} ${amount(bound, bound.bound)}`,
        }))}
      />
    </section>
  )
}

function amount({ unit }: ProbationBound, value: number): string {
  if (unit === 'usd') return money(usdOf(value))
  return unit === 'chance' ? percent(value) : count(value)
}
