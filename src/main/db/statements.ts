import type { WritableDb, WriteStatement } from './db.ts'

/** Runs statements of one database, each prepared once. */
export class Statements {
  private readonly db: WritableDb
  private readonly prepared = new Map<string, WriteStatement>()

  constructor(db: WritableDb) {
    this.db = db
  }

  /** @param values by position, or by name (`@name`) */
  run(sql: string, values: Readonly<Record<string, unknown>> | readonly unknown[]): void {
    let statement = this.prepared.get(sql)
    if (statement === undefined) {
      statement = this.db.prepare(sql)
      this.prepared.set(sql, statement)
    }
    if (Array.isArray(values)) statement.run(...values)
    else statement.run(values)
  }
}
