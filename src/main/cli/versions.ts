import type { PolicyOverride } from '../../shared/domain/deployments.ts'
import { listVersions, versionSources } from '../db/queries.ts'
import { type ListFlags, reading } from './lists.ts'
import { complain, EXIT, type ExitCode, iso, money, percent, print, table, UsageError } from './output.ts'

/** `baton versions`: every version with its results, newest first. */
export function versions(flags: ListFlags): ExitCode {
  return reading(flags, (db) => {
    const rows = listVersions(db)
    if (flags.json === true) print(JSON.stringify(rows))
    else if (rows.length === 0) print('No version was made yet.')
    else
      print(
        table(
          [
            'version',
            'state',
            'first live',
            'trades',
            'wins',
            'win rate',
            'break-even',
            'P&L',
            'handed',
            'fees',
            'open',
            'decisions',
            'faults',
          ],
          rows.map((v) => [
            v.label,
            v.state,
            iso(v.firstLiveAt),
            String(v.own.trades),
            String(v.own.wins),
            percent(v.own.winRate),
            percent(v.own.breakEven),
            money(v.own.pnl),
            v.handed.trades === 0 ? '–' : `${v.handed.trades}, ${money(v.handed.pnl)}`,
            money(v.fees),
            String(v.openPositions),
            String(v.decisions),
            String(v.faults),
          ]),
          new Set([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ),
      )
    for (const v of flags.json === true ? [] : rows)
      for (const given of v.overrides) print(overrideText(v.label, given))
    return EXIT.done
  })
}

/** What was overridden to make a version live stays beside its figures. */
function overrideText(label: string, { ts, by, rules, reason }: PolicyOverride): string {
  return `${label}: ${rules.join(', ')} overridden by ${by} on ${iso(ts)}: ${reason}`
}

/** `baton versions show HASH`: the sources that a version was made of. */
export function showVersion(hash: string, flags: ListFlags): ExitCode {
  if (!/^[0-9a-f]{4,64}$/.test(hash))
    throw new UsageError(`a version is named by 4 to 64 hex digits of its hash, not "${hash}"`)
  return reading(flags, (db) => {
    const found = listVersions(db).filter((version) => version.hash.startsWith(hash))
    const [version] = found
    if (version === undefined || found.length > 1) {
      complain(
        found.length > 1
          ? `${found.length} versions begin with ${hash}: give more digits`
          : `no version begins with ${hash}; see "baton versions"`,
      )
      return EXIT.failed
    }
    const files = versionSources(db, version.hash)
    if (flags.json === true) print(JSON.stringify({ version, files }))
    else {
      print(`${version.label}  ${version.state}  ${version.hash}`)
      for (const { path, text } of files) print(`\n── ${path}\n${text.trimEnd()}`)
    }
    return EXIT.done
  })
}
