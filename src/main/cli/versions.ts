import type { PolicyOverride } from '../../shared/domain/deployments.ts'
import { listVersions, versionSources } from '../db/queries.ts'
import { EXIT, type ExitCode, iso, money, percent, print, printError, table, UsageError } from './output.ts'
import { type ReadFlags, readDatabase } from './read-database.ts'

/** `baton versions`: every version with its results, newest first. */
export function versions(flags: ReadFlags): ExitCode {
  return readDatabase(flags, (db) => {
    const rows = listVersions(db)
    if (flags.json === true) print(JSON.stringify(rows))
    else if (rows.length === 0) print('No version yet.')
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
          rows.map((version) => [
            version.label,
            version.state,
            iso(version.firstLiveAt),
            String(version.own.trades),
            String(version.own.wins),
            percent(version.own.winRate),
            percent(version.own.breakEven),
            money(version.own.pnl),
            version.handed.trades === 0 ? '–' : `${version.handed.trades}, ${money(version.handed.pnl)}`,
            money(version.fees),
            String(version.openPositions),
            String(version.decisions),
            String(version.faults),
          ]),
          new Set([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        ),
      )
    for (const { label, overrides } of flags.json === true ? [] : rows)
      for (const override of overrides) print(overrideText(label, override))
    return EXIT.done
  })
}

function overrideText(label: string, { ts, by, rules, reason }: PolicyOverride): string {
  return `${label}: ${rules.join(', ')} overridden by ${by} on ${iso(ts)}: ${reason}`
}

/** `baton versions show HASH`: the sources of a version. */
export function showVersion(hash: string, flags: ReadFlags): ExitCode {
  if (!/^[0-9a-f]{4,64}$/.test(hash))
    throw new UsageError(`a version is named by 4 to 64 hex digits of its hash, not "${hash}"`)
  return readDatabase(flags, (db) => {
    const found = listVersions(db).filter((version) => version.hash.startsWith(hash))
    const [version] = found
    if (version === undefined || found.length > 1) {
      printError(
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
