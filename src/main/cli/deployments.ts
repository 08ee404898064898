import { type DeploymentRow, reasonWithPlace } from '../../shared/domain/deployments.ts'
import { listDeployments } from '../db/queries.ts'
import { EXIT, type ExitCode, iso, print } from './output.ts'
import { type ReadFlags, readDatabase } from './read-database.ts'

/** `baton deployments`: deployments with their steps, newest first. */
export function deployments(flags: ReadFlags & { readonly limit: number }): ExitCode {
  return readDatabase(flags, (db) => {
    const rows = listDeployments(db, flags.limit)
    if (flags.json === true) print(JSON.stringify(rows))
    else if (rows.length === 0) print('No deployment yet.')
    else for (const row of rows) print(describe(row))
    return EXIT.done
  })
}

const milliseconds = (value: number | null) =>
  value === null ? '–' : `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`

function describe(row: DeploymentRow): string {
  const name = row.version?.label ?? row.strategy
  const from = row.from === null || row.from.hash === row.version?.hash ? '' : ` after ${row.from.label}`
  const head = `${iso(row.startedAt)}  ${row.state.padEnd(11)}  ${name}${from}  (${row.trigger} by ${row.by}, ${row.id})`
  const steps = row.steps
    .map((step) => `${step.name} ${step.state === 'done' ? milliseconds(step.ms) : step.state}`)
    .join(' · ')
  const figures =
    row.swappedAt === null
      ? ''
      : `live after ${milliseconds(row.saveToLiveMs)}, loop held ${milliseconds(row.swapMs)}, ${row.handoffs} handed over`
  const { policy, probation } = row
  const override = policy?.override ?? null
  const overrideText =
    override === null ? '' : `overridden by ${override.by} (${override.rules.join(', ')}): ${override.reason}`
  const probationText = probation === null ? '' : `probation ${probation.verdict}: ${probation.reason}`
  const waits = (policy?.waits ?? []).slice(1).map((refusal) => `waits: ${refusal.message}`)
  const lines = [steps, figures, reasonWithPlace(row) ?? '', ...waits, overrideText, probationText]
    .filter((line) => line !== '')
    .map((line) => `    ${line}`)
  return [head, ...lines].join('\n')
}
