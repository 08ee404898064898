/** Venue and money a desk trades with; figures of different markets are never mixed. */
export type Market = 'simulated' | 'paper' | 'live'

/** Where prices of assets come from. */
export type FeedKind = 'simulated' | 'tape' | 'binance'
