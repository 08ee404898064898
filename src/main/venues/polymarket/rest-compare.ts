import { z } from 'zod'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import type { HttpReader } from '../../net/http.ts'
import { microOf } from './decimals.ts'
import type { TokenBook } from './token-book.ts'

/** Result of comparing a book of the channel with REST. `ghost`: REST shows the empty market's .01/.99 only. */
export type Comparison = 'same' | 'differs' | 'ghost' | 'unanswered'

const level = z.object({ price: z.string(), size: z.string() })
const restBook = z.object({ bids: z.array(level), asks: z.array(level) })

interface Tops {
  readonly bid: number | null
  readonly ask: number | null
}

function parseTops(value: unknown): Result<Tops> {
  const read = restBook.safeParse(value)
  if (!read.success) return err('not a book')
  // Not the last level: the order of levels over REST is not relied upon.
  const prices = (levels: readonly { price: string }[]) => levels.flatMap(({ price }) => microOf(price) ?? [])
  const bids = prices(read.data.bids)
  const asks = prices(read.data.asks)
  return ok({ bid: bids.length === 0 ? null : Math.max(...bids), ask: asks.length === 0 ? null : Math.min(...asks) })
}

/**
 * Compares best prices of a token with REST. The market moves while the request is under way, so that prices of before or
 * after it are accepted.
 */
export async function compareWithRest(clob: HttpReader, assetId: string, book: TokenBook): Promise<Comparison> {
  const before = topsOf(book)
  const reply = await clob.get('/book', { token_id: assetId }, parseTops)
  if (!reply.ok) return 'unanswered'
  const after = topsOf(book)
  const { bid, ask } = reply.value
  const fits = (tops: Tops) => tops.bid === bid && tops.ask === ask
  if (fits(before) || fits(after)) return 'same'
  return bid === 10_000 && ask === 990_000 ? 'ghost' : 'differs'
}

function topsOf({ bids, asks }: TokenBook): Tops {
  return { bid: bids.at(-1)?.at ?? null, ask: asks.at(-1)?.at ?? null }
}
