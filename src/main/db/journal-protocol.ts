import type { CommitReport, JournalWrite } from './journal-write.ts'

/** What the journal's thread begins with. */
export interface JournalThreadData {
  readonly path: string
  /** fsync at every commit; off in virtual time, where a crash loses nothing that happened. */
  readonly durable: boolean
  /** How long a batch is tried again that the disk or another program keeps out, in ms; then the journal has failed. */
  readonly giveUpMs: number
}

/** Both ends are this program's own, and what crosses is plain data. Batches are written in the order they come. */
export type ToJournalThread =
  | { readonly kind: 'batch'; readonly seq: number; readonly writes: readonly JournalWrite[] }
  | { readonly kind: 'close' }

export type FromJournalThread =
  | { readonly kind: 'done'; readonly seq: number; readonly report: CommitReport }
  /** The batch cannot be written now and is tried again. */
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'closed' }
