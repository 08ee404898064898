import { homeAt, readConfig } from '../app/start/home.ts'
import { auditDatabase } from '../audit/audit.ts'
import { complain, EXIT, type ExitCode, print, table, UsageError } from './output.ts'

const DEFAULT_FEE_PPM = 70_000

export interface ReadFlags {
  readonly home?: string
  readonly json?: boolean
}

/** `baton audit`: every row of baton.db that breaks an invariant, named. */
export function audit(flags: ReadFlags): ExitCode {
  const home = homeAt(flags.home, undefined)
  const config = readConfig(home.config)
  if (!config.ok) throw new UsageError(config.error)
  const configured = [Math.round(config.value.paper.feeRate * 1e6)]
  const audited = auditDatabase(home.database, [...new Set([...configured, DEFAULT_FEE_PPM])])
  if (!audited.ok) {
    complain(audited.error)
    return EXIT.failed
  }
  const { checked, findings } = audited.value
  const clean = findings.length === 0
  const counts = Object.entries(checked).map(([what, count]) => `${count} ${what}`)
  if (flags.json === true) print(JSON.stringify({ ok: clean, checked, findings }))
  else {
    if (!clean)
      print(
        table(
          ['breaks', 'table', 'row', 'what is wrong'],
          findings.map((f) => [f.invariant, f.table, f.id, f.message]),
        ),
      )
    print(clean ? `audit finds nothing: ${counts.join(', ')}` : `${findings.length} findings in ${counts.join(', ')}`)
  }
  return clean ? EXIT.done : EXIT.failed
}
