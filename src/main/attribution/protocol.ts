import type { CallName, ParsedInput } from '../../shared/ipc/calls.ts'

/** Calls of the contract that the books thread answers. */
export type BooksCall = Extract<CallName, `attribution.${string}`>

/** A call and its input, as the contract has them. */
export type BooksQuestion = {
  readonly [N in BooksCall]: { readonly call: N; readonly input: ParsedInput<N> }
}[BooksCall]

export interface BooksContext {
  /** The desk's own market. */
  readonly market: string
  /** Hash of each strategy's live version. */
  readonly live: Readonly<Record<string, string>>
}

export type ToBooksThread = BooksQuestion & BooksContext & { readonly id: number }

export type FromBooksThread =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: string }
