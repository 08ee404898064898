import type { Levels } from './book.ts'
import type { SettlementFeed } from './feed.ts'
import { chance, type MarketWindow } from './identity.ts'

/** Standard deviation of the price over one second, as a share: about 0.05 % a minute. */
const VOLATILITY = 0.000_06
const LEVELS = 12
/** Quotes between two changes of a level's size; each level changes at moments of its own. */
const SIZE_PERIOD = 10

/** The quotes that makers want to have: Up token, prices in thousandths of a dollar. */
export interface Quotes {
  readonly bids: Levels
  readonly asks: Levels
  /** Their probability of Up, in thousandths. */
  readonly fair: number
}

/** Makers' probability of Up from the price, the strike, the time left and the volatility, normally distributed. */
export function fairPrice(window: MarketWindow, feed: SettlementFeed, time: number): number {
  if (time < window.startMs) return 0.5
  const second = Math.floor(time / 1000)
  const end = window.endMs / 1000
  const strike = Number(feed.twap(window.asset, window.startMs / 1000)) / 1e18
  const spot = Number(feed.spot(window.asset, second)) / 1e8
  const fixed = feed.fixedPart(window.asset, end, second)
  const open = 60 - fixed.seconds
  const expected = (fixed.sum + open * spot) / 60
  // Seconds until the closing mean begins, and the variance of the mean of its open part.
  const before = Math.max(0, end - 63 - second)
  const deviation = spot * VOLATILITY * Math.sqrt(before * (open / 60) ** 2 + open ** 3 / 10_800 + 0.05)
  // Logistic approximation of the normal distribution function.
  return 1 / (1 + Math.exp((-1.702 * (expected - strike)) / deviation))
}

export interface QuoteTerms {
  /** In thousandths of a dollar. */
  readonly tick: number
  /** Market time between two quotes. */
  readonly quoteMs: number
}

/** The makers' quotes at a time; a pure function of window, time and terms. */
export function quotesAt(window: MarketWindow, feed: SettlementFeed, time: number, terms: QuoteTerms): Quotes {
  const { tick, quoteMs } = terms
  const empty: Quotes = { bids: new Map(), asks: new Map(), fair: 500 }
  if (time >= window.endMs + 2_000) return empty
  const { slug } = window
  const fair = Math.min(998, Math.max(2, 1000 * fairPrice(window, feed, Math.min(time, window.endMs - 1))))
  const jitter = chance(`${slug}jitter${Math.floor(time / 2_000)}`) - 0.5
  const secondsLeft = (window.endMs - time) / 1000
  const spread = tick * (1 + Math.floor(chance(`${slug}spread${Math.floor(time / 3_000)}`) * spreadTicks(secondsLeft)))
  const bestBid = Math.floor((fair - spread / 2 + 0.6 * jitter * tick) / tick) * tick
  const bestAsk = bestBid + spread
  const bids: Levels = new Map()
  const asks: Levels = new Map()
  for (let i = 0; i < LEVELS; i++) {
    const bid = bestBid - i * tick
    const ask = bestAsk + i * tick
    if (bid >= tick && bid < 1000) bids.set(bid, sizeAt(`${slug}bid${bid}`, time / quoteMs, secondsLeft))
    if (ask <= 1000 - tick && ask > 0) asks.set(ask, sizeAt(`${slug}ask${ask}`, time / quoteMs, secondsLeft))
  }
  const isGone = chance(`${slug}gone${Math.floor(time / 5_000)}`) < shareOneSided(secondsLeft)
  if (isGone && fair > 950) asks.clear()
  if (isGone && fair < 50) bids.clear()
  return { bids, asks, fair }
}

/** Widest spread, in ticks. */
const spreadTicks = (secondsLeft: number) => (secondsLeft > 120 ? 2 : secondsLeft > 30 ? 3 : 5)

/** How often the losing side of a decided market has no quotes (measured on 15-minute BTC books). */
const shareOneSided = (secondsLeft: number) =>
  secondsLeft > 300 ? 0 : secondsLeft > 120 ? 0.2 : secondsLeft > 60 ? 0.5 : secondsLeft > 30 ? 0.7 : 0.8

/** @param quotes number of the quote */
function sizeAt(level: string, quotes: number, secondsLeft: number): string {
  const epoch = Math.floor(quotes / SIZE_PERIOD + chance(`${level}phase`))
  const depth = secondsLeft > 120 ? 1 : secondsLeft > 30 ? 0.5 : 0.2
  const hundredths = Math.round((2_000 + 90_000 * chance(`${level}size${epoch}`) ** 2) * depth)
  return sharesText(hundredths)
}

/** `482`, `262.5`, `6.99`: shares without trailing zeros. */
export function sharesText(hundredths: number): string {
  return String(hundredths / 100)
}
