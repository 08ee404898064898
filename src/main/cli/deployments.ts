import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import { listDeployments } from '../db/queries.ts'
import { type ListFlags, reading } from './lists.ts'
import { EXIT, type ExitCode, iso, print } from './output.ts'

/** `baton deployments`: each attempt with its steps, newest first. */
export function deployments(flags: ListFlags & { readonly limit: number }): ExitCode {
  return reading(flags, (db) => {
    const rows = listDeployments(db, flags.limit)
    if (flags.json === true) print(JSON.stringify(rows))
    else if (rows.length === 0) print('Nothing was deployed yet.')
    else for (const row of rows) print(describe(row))
    return EXIT.done
  })
}

const ms = (value: number | null) => (value === null ? '–' : `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`)

function describe(row: DeploymentRow): string {
  const name = row.version?.label ?? row.strategy
  const from = row.from === null || row.from.hash === row.version?.hash ? '' : ` after ${row.from.label}`
  const head = `${iso(row.startedAt)}  ${row.state.padEnd(11)}  ${name}${from}  (${row.trigger} by ${row.by}, ${row.id})`
  const steps = row.steps.map((step) => `${step.name} ${step.state === 'done' ? ms(step.ms) : step.state}`).join(' · ')
  const figures =
    row.swappedAt === null
      ? ''
      : `live after ${ms(row.saveToLiveMs)}, loop held ${ms(row.swapMs)}, ${row.handoffs} handed over`
  const { policy, probation } = row
  const given = policy?.override ?? null
  const override = given === null ? '' : `overridden by ${given.by} (${given.rules.join(', ')}): ${given.reason}`
  const watched = probation === null ? '' : `probation ${probation.verdict}: ${probation.reason}`
  const waits = (policy?.waits ?? []).slice(1).map((refusal) => `waits: ${refusal.message}`)
  const lines = [steps, figures, row.reason ?? '', ...waits, override, watched]
    .filter((line) => line !== '')
    .map((line) => `    ${line}`)
  return [head, ...lines].join('\n')
}
