/** Positional parameters, or one object of named ones (`@name`). */
export type SqlParams = readonly unknown[]

/** A statement that reads. Rows are `unknown`: `rows.ts` parses them. */
export interface ReadStatement {
  get(...params: SqlParams): unknown
  all(...params: SqlParams): unknown[]
  iterate(...params: SqlParams): IterableIterator<unknown>
  /** The first column alone instead of rows. */
  pluck(): ReadStatement
}

export interface WriteStatement extends ReadStatement {
  run(...params: SqlParams): { readonly changes: number }
}

/** An open database for reading; the type has no way to write. */
export interface ReadableDb {
  prepare(sql: string): ReadStatement
  pragma(source: string, options?: { simple?: boolean }): unknown
  /** Runs `work` in one transaction when the result is called: all it reads is of one moment, all it writes or nothing. */
  transaction<T>(work: () => T): () => T
  close(): void
}

/** An open database that may be written, by the journal's thread and by commands that no desk runs beside. */
export interface WritableDb extends ReadableDb {
  prepare(sql: string): WriteStatement
  exec(sql: string): unknown
}
