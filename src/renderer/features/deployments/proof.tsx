import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import { usdOf } from '../../../shared/domain/money.ts'
import type { ProofGate, ProofRow } from '../../../shared/domain/proofs.ts'
import { showDifferences } from '../../data/actions.ts'
import { useDeskModel } from '../../data/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { count, money, progress, span, stretch } from '../../ui/format.ts'
import { StatsTable } from '../../ui/stats-table.tsx'
import { Bounds } from './bounds.tsx'
import { verdictOf } from './progress.ts'

/** An amount in the unit of its gate. */
export function amount(gate: ProofGate, value: number): string {
  return gate.unit === 'usd' ? money(usdOf(value)) : count(value)
}

function basisOf(proof: ProofRow): string {
  if (proof.from === null || proof.to === null) return ''
  const slots = proof.slots.length === 1 ? '1 slot' : `${count(proof.slots.length)} slots`
  return `${stretch(proof.to - proof.from)} × ${slots}`
}

function Differences({ proof }: { proof: ProofRow }) {
  const model = useDeskModel()
  if (proof.differences === 0) {
    const why = proof.live === null ? 'No live version to compare with.' : 'No decision differs.'
    return proof.verdict === 'running' ? null : <span className="dim">{why}</span>
  }
  return (
    <Button small keys="D" onClick={() => showDifferences(model)} testId="differences-open">
      {count(proof.differences)} {proof.differences === 1 ? 'decision differs' : 'decisions differ'}
    </Button>
  )
}

/** Results of a candidate and of the live version on recent tape, and the gates that the candidate had to pass. */
export function Proof({ row, proof }: { row: DeploymentRow; proof: ProofRow }) {
  const verdict = verdictOf(proof.verdict)
  const basis = basisOf(proof)
  return (
    <section className="proof" aria-label="Proof" data-testid="proof">
      <header
        className="proof-head"
        title={proof.from === null || proof.to === null ? undefined : `${span(proof.from, proof.to)} UTC`}
      >
        <strong className={verdict.tone}>
          {verdict.text}
          {proof.verdict === 'running' ? ` ${progress(proof.progress)}` : ''}
        </strong>
        <span className="spacer" />
        <Differences proof={proof} />
      </header>
      <p className="proof-text">{proof.reason}</p>
      {proof.notices.map((notice) => (
        <p key={notice} className="proof-text attention">
          {notice}
        </p>
      ))}
      <StatsTable
        label="Candidate and live version on the same tape"
        layout="columns"
        basis={basis}
        results={[
          { version: row.version, role: 'candidate', stats: proof.candidate },
          { version: proof.liveVersion, role: 'live', stats: proof.live },
        ]}
      />
      <Bounds
        label="Safety gates"
        signText={{ passed: 'passed', broken: 'failed' }}
        bounds={proof.gates.map((gate) => ({
          name: gate.name,
          passed: gate.passed,
          value: amount(gate, gate.value),
          bound: `at most ${amount(gate, gate.bound)}`,
        }))}
      />
      <p className="proof-text faint">
        <span title="Counts every version that was traded, proved or replayed: the more are tried, the more look good by luck.">
          {count(proof.trials)} {proof.trials === 1 ? 'version' : 'versions'} of this strategy tried up to this proof.
        </span>{' '}
        The gates are about safety. Profit on past tape is no forecast.
      </p>
    </section>
  )
}
