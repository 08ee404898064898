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

/** What a candidate waits for, rule by rule, and how long that takes at the most. */
export function Waits({ row }: { row: DeploymentRow }) {
  const now = useNow()
  // A shadow says more of itself below.
  const waits = (row.policy?.waits ?? []).filter((bar) => bar.rule !== 'shadow')
  if (waits.length === 0) return null
  const givenUp = row.policy?.waitsUntil ?? null
  return (
    <section className="discipline" aria-label="Waits for" data-testid="waits">
      <ul className="gates">
        {waits.map((bar) => (
          <li key={bar.rule} className="gate">
            <Icon name="wait" className="attention" />
            <span>{sentence(bar.rule)}</span>
            <span className="figure gate-value">{left(bar, now)}</span>
          </li>
        ))}
      </ul>
      {waits.map((bar) => (
        <p key={bar.rule} className="proof-text">
          {sentence(bar.message)}.
        </p>
      ))}
      {givenUp === null ? null : <p className="proof-text faint">It is given up at {clock(givenUp)} UTC.</p>}
    </section>
  )
}

function left({ until }: PolicyRefusal, now: number | null): string {
  return until === null || now === null ? 'open end' : countdown(until - now)
}

/** A person's word against the rules, for ever. */
export function Override({ override }: { override: PolicyOverride | null }) {
  if (override === null) return null
  return (
    <p className="proof-text attention" data-testid="override">
      Overridden by {override.by} ({override.rules.join(', ')}): {override.reason}
    </p>
  )
}

/** What a candidate would have done beside the live version since it began to run as a shadow. */
export function Shadow({ row }: { row: DeploymentRow }) {
  const { shadow } = row
  if (shadow === null) return null
  const differ = shadow.differences === 1 ? '1 decision differs' : `${count(shadow.differences)} decisions differ`
  return (
    <section className="discipline" aria-label="Shadow" data-testid="shadow">
      <header className="proof-head">
        <strong>Shadow since {clock(shadow.since)} UTC</strong>
        <span className="spring" />
        <span className="figure">{shadow.candidate === null ? 'nothing yet' : differ}</span>
      </header>
      {shadow.reason === null ? null : <p className="proof-text">{sentence(shadow.reason)}.</p>}
      {shadow.candidate === null ? null : (
        <StatsTable
          label="Shadow and live version since the shadow began"
          layout="columns"
          basis={stretch(shadow.reached - shadow.since)}
          of={[
            { version: row.version, role: 'shadow', stats: shadow.candidate },
            { version: row.from, role: 'live', stats: shadow.live },
          ]}
        />
      )}
      <p className="proof-text faint">
        Paper fills on the desk's own recording; none of it is among the desk's trades.
      </p>
    </section>
  )
}

/** How much of a strategy's record may be luck, where one is about to try once more. */
export function Gauge({ strategy }: { strategy: string }) {
  const gauge = useAttribution((state) => state.gauges[strategy])
  if (gauge === undefined || gauge.versionsTried === 0) return null
  return (
    <section className="discipline" aria-label="Overfitting" data-testid="gauge">
      <header className="proof-head">
        <strong>{strategy}: skill or luck?</strong>
      </header>
      <p className="proof-text">{gaugeFigures(gauge).join(' · ')}</p>
      <p className="proof-text faint">{sentence(gauge.sentence)}</p>
    </section>
  )
}

/** The part of its strategy that a version has, or had, before all of it. */
export function Canary({ row }: { row: DeploymentRow }) {
  const { canary } = row
  if (canary === null) return null
  const stake = canary.stakePercent === 100 ? 'the whole stake' : `${canary.stakePercent} % of the stake`
  return (
    <p className="proof-text" data-testid="canary">
      {row.state === 'canary' ? 'Trades' : 'Was a canary with'} {stake} in {canary.slots.join(', ')} since{' '}
      {clock(canary.since)} UTC{row.state === 'canary' ? '; promote it, or dismiss it.' : '.'}
    </p>
  )
}

const WATCHED = {
  probation: { running: 'On probation', passed: 'Probation passed', failed: 'Probation failed' },
  canary: { running: 'Canary, watched', passed: 'Canary, within every bound', failed: 'Canary taken back' },
} as const

/** How the first windows of a version go, bound by bound. */
export function Probation({ row }: { row: DeploymentRow }) {
  const { probation } = row
  if (probation === null) return null
  const { verdict, windows, windowsNeeded, trades, wins, pnl, bounds, reason } = probation
  const words = WATCHED[row.canary !== null && row.swappedAt === null ? 'canary' : 'probation'][verdict]
  return (
    <section className="discipline" aria-label="Probation" data-testid="probation">
      <header className="proof-head">
        <strong className={verdict === 'failed' ? 'down' : ''}>{words}</strong>
        <span className="spring" />
        <span className="figure">
          {count(windows)} of {count(windowsNeeded)} windows
        </span>
      </header>
      {verdict === 'running' ? null : <p className="proof-text">{sentence(reason)}.</p>}
      <p className="proof-text figure">
        {count(trades)} settled, {count(wins)} won, {money(pnl)}
      </p>
      <Bounds
        label="Bounds of its probation"
        words={{ passed: 'within', broken: 'beyond' }}
        of={bounds.map((bound) => ({
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
