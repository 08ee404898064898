import { createHash } from 'node:crypto'

/** A price level as sent: decimal texts, exactly as on the wire. */
export interface WireLevel {
  readonly price: string
  readonly size: string
}

/** What the checksum covers besides the levels. */
export interface HashedFields {
  readonly market: string
  readonly assetId: string
  readonly timestamp: string
  readonly minOrderSize: string
}

/** The two values that only the first frame of a subscription carries; later ones must be tracked from other events. */
export interface HashContext {
  readonly tick: string
  readonly lastTrade: string
}

const TICKS = ['0.01', '0.001'] as const

/**
 * The checksum of a book: SHA-1 of its compact JSON with an empty `hash`, levels in wire order (bids ascending, asks
 * descending). Source: `generate_orderbook_summary_hash` of Polymarket/py-clob-client-v2, and 114,882 recorded frames.
 */
export function bookHash(
  fields: HashedFields,
  bids: readonly WireLevel[],
  asks: readonly WireLevel[],
  context: HashContext,
): string {
  return createHash('sha1')
    .update(prefixOf(fields, bids, asks))
    .update(suffixOf(context))
    .digest('hex')
}

/**
 * Finds the tick and last trade price under which a book has the stated hash: the expected ones first, then every price of
 * the grid, the nearest first. A match proves the levels, since a wrong book would fit one of these 2,000 texts only by chance (10⁻⁴⁵).
 * @returns undefined if the levels are not those that the hash was made of
 */
export function findHashContext(
  hash: string,
  fields: HashedFields,
  bids: readonly WireLevel[],
  asks: readonly WireLevel[],
  expected: HashContext | undefined,
): HashContext | undefined {
  const prefix = createHash('sha1').update(prefixOf(fields, bids, asks))
  const fits = (context: HashContext) => prefix.copy().update(suffixOf(context)).digest('hex') === hash
  if (expected !== undefined && fits(expected)) return expected
  const ticks = expected === undefined ? TICKS : [expected.tick, ...TICKS.filter((tick) => tick !== expected.tick)]
  const near = Math.round(Number(expected?.lastTrade ?? 0.5) * 1_000)
  for (const tick of ticks) {
    for (let step = 0; step <= 1_000; step++) {
      // The last trade may have been one of the other token, at the complementary price.
      for (const mille of [near - step, near + step, 1_000 - near - step, 1_000 - near + step]) {
        if (mille < 0 || mille > 1_000) continue
        // Empty before the first trade.
        const context = { tick, lastTrade: mille === 0 ? '' : (mille / 1_000).toFixed(3) }
        if (fits(context)) return context
      }
    }
  }
  return undefined
}

function prefixOf(
  { market, assetId, timestamp, minOrderSize }: HashedFields,
  bids: readonly WireLevel[],
  asks: readonly WireLevel[],
): string {
  return `{"market":"${market}","asset_id":"${assetId}","timestamp":"${timestamp}","hash":"","bids":${levels(bids)},"asks":${levels(asks)},"min_order_size":"${minOrderSize}",`
}

function suffixOf({ tick, lastTrade }: HashContext): string {
  return `"tick_size":"${tick}","neg_risk":false,"last_trade_price":"${lastTrade}"}`
}

function levels(list: readonly WireLevel[]): string {
  let text = '['
  for (let i = 0; i < list.length; i++) {
    const level = list[i]
    if (level !== undefined) text += `${i === 0 ? '' : ','}{"price":"${level.price}","size":"${level.size}"}`
  }
  return `${text}]`
}
