import { homeAt, readConfig } from '../app/start/home.ts'
import { auditDatabase } from '../audit/audit.ts'
import { EXIT, type ExitCode, print, printError, table, UsageError } from './output.ts'
import type { ReadFlags } from './read-database.ts'

/** Default fee rate in parts per million, which past runs may have used. */
const DEFAULT_FEE_PPM = 70_000

/** `baton audit`: lists every row of baton.db that breaks an invariant. */
export function audit(flags: ReadFlags): ExitCode {
  const home = homeAt(flags.home, undefined)
  const config = readConfig(home.config)
  if (!config.ok) throw new UsageError(config.error)
  const configured = [Math.round(config.value.paper.feeRate * 1e6)]
  const audited = auditDatabase(home.database, [...new Set([...configured, DEFAULT_FEE_PPM])])
  if (!audited.ok) {
    printError(audited.error)
    return EXIT.failed
  }
  const { checked, findings } = audited.value
  const clean = findings.length === 0
  const counts = Object.entries(checked).map(([name, count]) => `${count} ${name}`)
  if (flags.json === true) print(JSON.stringify({ ok: clean, checked, findings }))
  else {
    if (!clean)
      print(
        table(
          ['breaks', 'table', 'row', 'what is wrong'],
          findings.map((finding) => [finding.invariant, finding.table, finding.id, finding.message]),
        ),
      )
    print(clean ? `audit finds nothing: ${counts.join(', ')}` : `${findings.length} findings in ${counts.join(', ')}`)
  }
  return clean ? EXIT.done : EXIT.failed
}
