/**
 * What a desk's window and the desk say to each other. The renderer sees only `Desk`; it does not know whether a
 * preload bridge or a WebSocket is behind it. All of it survives structured clone and JSON. Money, shares and prices
 * are integers in micro-units, times are milliseconds UTC.
 */

export type Market = 'simulated' | 'paper' | 'live'

export type FeedKind = 'simulated' | 'tape' | 'binance'
