import type { MarketData } from '../../engine/venue/market-data.ts'
import { ok, type Result } from '../../shared/domain/base.ts'
import type { FeedRequest, OpenFeed } from './feeds.ts'
import { choosePaperSlots } from './slot-choice.ts'

/**
 * The paper market: prices of a feed, and books, strikes and outcomes of a venue.
 * @param settlement what stands behind strikes and outcomes, for a person
 */
export function paperMarket(
  prices: OpenFeed,
  data: MarketData,
  settlement: string,
  request: Pick<FeedRequest, 'slots' | 'config'>,
): Result<OpenFeed> {
  const chosen = choosePaperSlots(request, data)
  if (!chosen.ok) return chosen
  return ok({
    ...prices,
    ...chosen.value,
    market: 'paper',
    data,
    settlement,
    notices: [
      `PAPER: books, strikes and outcomes are those of ${data.name}; no order is sent, and fills are simulated against the books.`,
    ],
  })
}
