import { homeToRead, readConfig } from '../app/start/home.ts'
import { auditOpen } from '../audit/audit.ts'
import type { Finding } from '../audit/finding.ts'
import { openCurrent } from '../db/sound.ts'
import { type UnreadableRowRef, unreadableRows } from '../db/unreadable.ts'
import { EXIT, type ExitCode, print, printError, table, UsageError } from './output.ts'
import type { ReadFlags } from './read-database.ts'

/** Default fee rate in parts per million, which past runs may have used. */
const DEFAULT_FEE_PPM = 70_000

/** `baton audit`: lists every row of baton.db that breaks an invariant. */
export function audit(flags: ReadFlags): ExitCode {
  const home = homeToRead(flags)
  const config = readConfig(home.config)
  if (!config.ok) throw new UsageError(config.error)
  const configured = [Math.round(config.value.paper.feeRate * 1e6)]
  const opened = openCurrent(home.database)
  if (!opened.ok) return failed(opened.error)
  const db = opened.value
  const rates = [...new Set([...configured, DEFAULT_FEE_PPM])]
  const { unreadable, audited } = db.transaction(() => ({
    unreadable: unreadableRows(db).map(findingOf),
    audited: auditOpen(db, home.database, rates),
  }))()
  db.close()
  if (!audited.ok && unreadable.length === 0) return failed(audited.error)
  const checked = audited.ok ? audited.value.checked : {}
  const findings = [...unreadable, ...(audited.ok ? audited.value.findings : [])]
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

function failed(message: string): ExitCode {
  printError(message)
  return EXIT.failed
}

/** The audit has schemas of its own, so it would not find a row that a desk cannot read. */
function findingOf({ table, id, reason }: UnreadableRowRef): Finding {
  return { invariant: 'file', table, id, message: `a desk cannot read it: ${reason}` }
}
