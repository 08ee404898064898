import { z } from 'zod'
import { explain } from '../../shared/domain/commands.ts'
import type { ReadableDb, SqlParams } from './db.ts'

/** A row does not match its table's schema: another program changed the database, or it is damaged. */
export class UnreadableRow extends Error {
  override readonly name = 'UnreadableRow'

  constructor(sql: string, reason: string) {
    const table = /\bFROM\s+(\w+)/i.exec(sql)?.[1] ?? 'the database'
    super(`a row of ${table} cannot be read (${reason}): restore baton.db from a backup, or run "baton audit"`)
  }
}

function parse<T>(schema: z.ZodType<T>, sql: string, row: unknown): T {
  const read = schema.safeParse(row)
  if (!read.success) throw new UnreadableRow(sql, explain(read.error))
  return read.data
}

/** Every row of a query. @throws UnreadableRow */
export function all<T>(db: ReadableDb, schema: z.ZodType<T>, sql: string, ...params: SqlParams): T[] {
  return readable(db, schema, undefined, sql, ...params)
}

/** Called with what is wrong with a row that is left out because it cannot be read. */
export type OnUnreadable = (reason: string) => void

/**
 * Every row of a query that can be read.
 * @param onUnreadable for rows without which the desk may run; undefined: throws UnreadableRow
 */
export function readable<T>(
  db: ReadableDb,
  schema: z.ZodType<T>,
  onUnreadable: OnUnreadable | undefined,
  sql: string,
  ...params: SqlParams
): T[] {
  const rows = db.prepare(sql).all(...params)
  if (onUnreadable === undefined) return rows.map((row) => parse(schema, sql, row))
  return rows.flatMap((row) => {
    const read = schema.safeParse(row)
    if (read.success) return [read.data]
    onUnreadable(explain(read.error))
    return []
  })
}

/** Like `all`, row by row, for tables without a bound on their size. @throws UnreadableRow */
export function* each<T>(db: ReadableDb, schema: z.ZodType<T>, sql: string, ...params: SqlParams): Generator<T> {
  for (const row of db.prepare(sql).iterate(...params)) yield parse(schema, sql, row)
}

/** The first row; undefined without one. @throws UnreadableRow */
export function one<T>(db: ReadableDb, schema: z.ZodType<T>, sql: string, ...params: SqlParams): T | undefined {
  const row = db.prepare(sql).get(...params)
  return row === undefined ? undefined : parse(schema, sql, row)
}

/** The first column of every row. @throws UnreadableRow */
export function column<T>(db: ReadableDb, schema: z.ZodType<T>, sql: string, ...params: SqlParams): T[] {
  return db
    .prepare(sql)
    .pluck()
    .all(...params)
    .map((value) => parse(schema, sql, value))
}

/** The first column of the first row; undefined without a row. @throws UnreadableRow */
export function value<T>(db: ReadableDb, schema: z.ZodType<T>, sql: string, ...params: SqlParams): T | undefined {
  const found = db
    .prepare(sql)
    .pluck()
    .get(...params)
  return found === undefined ? undefined : parse(schema, sql, found)
}

/** The number a query returns; 0 if it returns none. */
export function count(db: ReadableDb, sql: string, ...params: SqlParams): number {
  return value(db, z.number().nullable(), sql, ...params) ?? 0
}

/** A column that holds JSON, parsed by a schema of its own. */
export function jsonColumn<T>(schema: z.ZodType<T>): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      const read = schema.safeParse(JSON.parse(text))
      if (read.success) return read.data
      context.addIssue(explain(read.error))
    } catch {
      context.addIssue('it is not JSON')
    }
    return z.NEVER
  })
}

/** SQLite's 0 and 1. */
export const flagColumn = z.union([z.literal(0), z.literal(1)]).transform((flag) => flag === 1)
