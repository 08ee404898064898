import type { DeskCalls } from '../../shared/ipc/contract.ts'

/** Questions that the thread of the books answers, by their names in the contract. */
export type BooksCall = Extract<keyof DeskCalls, `attribution.${string}`>

export interface ToBooksThread<N extends BooksCall = BooksCall> {
  readonly id: number
  readonly call: N
  readonly input: Parameters<DeskCalls[N]>[0]
  /** The desk's own market, and what is live of each strategy. */
  readonly market: string
  readonly live: Readonly<Record<string, string>>
}

export type FromBooksThread =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: string }
