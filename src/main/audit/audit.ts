/**
 * The audit keeps its own code on purpose: it works out every rule anew from the rows and imports neither the engine nor the
 * journal's queries, so that a mistake there is found here instead of being repeated. Do not share code with them.
 */
import { z } from 'zod'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import type { ReadableDb } from '../db/db.ts'
import { MIGRATIONS } from '../db/migrations.ts'
import { openCurrent } from '../db/sound.ts'
import { type Books, readBooks } from './books.ts'
import { auditEntries } from './entries.ts'
import { type Finding, reporter } from './finding.ts'
import { auditIntents } from './intents.ts'
import { auditMoney } from './money.ts'
import { auditOwners } from './owners.ts'
import { auditTags } from './tags.ts'

/** What an audit looked at and what it found. */
export interface AuditReport {
  readonly checked: {
    readonly intents: number
    readonly orders: number
    readonly fills: number
    readonly positions: number
    readonly settlements: number
    readonly handoffs: number
    readonly ledger: number
  }
  readonly findings: readonly Finding[]
}

/**
 * Recomputes I1, I2, I3, I6 and I10 from a database, with code that shares nothing with the engine that wrote it.
 * The desk may go on writing: everything is read in one transaction.
 * @param feeRatesPpm taker fee rates that may have been configured, the likeliest first
 */
export function auditDatabase(path: string, feeRatesPpm: readonly number[]): Result<AuditReport> {
  const opened = openCurrent(path)
  if (!opened.ok) return opened
  const db = opened.value
  const audited = auditOpen(db, path, feeRatesPpm)
  db.close()
  return audited
}

/** The same for a database that is open already. */
export function auditOpen(db: ReadableDb, path: string, feeRatesPpm: readonly number[]): Result<AuditReport> {
  try {
    return db.transaction(() => auditMoment(db, path, feeRatesPpm))()
  } catch (error) {
    return err(`${path} cannot be audited: ${messageOf(error)}`)
  }
}

function auditMoment(db: ReadableDb, path: string, feeRatesPpm: readonly number[]): Result<AuditReport> {
  const schema = Number(db.pragma('user_version', { simple: true }))
  if (schema !== MIGRATIONS.length)
    return err(
      `${path} has schema ${schema}, this Baton audits ${MIGRATIONS.length}; start its desk once, or update Baton`,
    )
  const findings: Finding[] = auditFile(db)
  const books = readBooks(db)
  auditOwners(books, reporter(findings, 'I1'))
  auditEntries(books, reporter(findings, 'I2'))
  auditIntents(books, reporter(findings, 'I3'))
  auditTags(books, reporter(findings, 'I6'))
  auditMoney(books, feeRatesPpm, reporter(findings, 'I10'))
  return ok({ checked: counts(books), findings })
}

const integrityRows = z.array(z.object({ integrity_check: z.string() }))
const brokenReferences = z.array(z.object({ table: z.string(), rowid: z.number().nullable(), parent: z.string() }))

function auditFile(db: ReadableDb): Finding[] {
  const found: Finding[] = []
  const report = reporter(found, 'file')
  const integrity = integrityRows.parse(db.pragma('integrity_check'))
  for (const { integrity_check: text } of integrity) if (text !== 'ok') report('database', 'all', text)
  const broken = brokenReferences.parse(db.pragma('foreign_key_check'))
  for (const { table, rowid, parent } of broken)
    report(table, rowid ?? 'all', `it refers to a row of ${parent} that is not there`)
  return found
}

function counts(books: Books): AuditReport['checked'] {
  return {
    intents: books.intents.size,
    orders: books.orders.size,
    fills: books.fills.length,
    positions: books.positions.size,
    settlements: books.settlements.size,
    handoffs: books.handoffs.length,
    ledger: books.ledger.length,
  }
}
