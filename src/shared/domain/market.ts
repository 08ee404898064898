/**
 * Venue and money a desk trades with; figures of different markets are never mixed. `simulated`: books made by Baton, whatever
 * the feed; `paper`: a venue's real books with simulated fills; `live`: real orders.
 */
export const MARKETS = ['simulated', 'paper', 'live'] as const
export type Market = (typeof MARKETS)[number]

/** Where prices of assets come from. */
export type FeedKind = 'simulated' | 'tape' | 'binance'

/** A market with its feed where that matters: `simulated · binance`. */
export function marketLabel({ market, feed }: { readonly market: Market; readonly feed: FeedKind }): string {
  return market === 'simulated' && feed !== 'simulated' ? `${market} · ${feed}` : market
}
