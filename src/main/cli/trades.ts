import { parseSlot } from '../../shared/domain/slots.ts'
import type { TradeRow } from '../../shared/ipc/desk-view.ts'
import { listTrades } from '../db/queries.ts'
import { EXIT, type ExitCode, iso, money, print, table, UsageError } from './output.ts'
import { type ReadFlags, readDatabase } from './read-database.ts'

export interface TradeFlags extends ReadFlags {
  readonly limit: number
  readonly slot?: string
  readonly version?: string
}

/** `baton trades`: positions with their results, newest first. */
export function trades(flags: TradeFlags): ExitCode {
  const { slot, version, limit } = flags
  if (slot !== undefined && parseSlot(slot) === undefined)
    throw new UsageError(`a slot is written like BTC-5m, not "${slot}"`)
  if (version !== undefined && !/^([0-9a-f]{4,64}|desk)$/.test(version))
    throw new UsageError(`a version is named by 4 to 64 hex digits of its hash, not "${version}"`)
  return readDatabase(flags, (db) => {
    const rows = listTrades(db, { limit, slot, version })
    if (flags.json === true) print(JSON.stringify(rows))
    else if (rows.length === 0) print('No trade found.')
    else print(table(HEAD, rows.map(cells), new Set([4, 5, 6, 7])))
    return EXIT.done
  })
}

const HEAD = [
  'opened',
  'trade',
  'slot',
  'side',
  'shares',
  'price',
  'fees',
  'P&L',
  'state',
  'outcome',
  'version',
  'owner',
  'regime',
]

function cells(row: TradeRow): string[] {
  return [
    iso(row.openedAt),
    row.positionId,
    row.slot,
    row.side,
    (row.shares / 1e6).toFixed(2),
    row.shares === 0 ? '–' : (row.cost / row.shares).toFixed(3),
    `$${(row.fees / 1e6).toFixed(2)}`,
    row.pnl === null ? '–' : money(row.pnl),
    row.state,
    row.outcome ?? '–',
    row.openedBy.label,
    row.ownerLabel,
    row.regime,
  ]
}
