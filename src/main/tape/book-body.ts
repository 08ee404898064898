import { invariant } from '../../shared/domain/base.ts'
import { MICRO } from '../../shared/domain/money.ts'
import { MAX_VARINT, putVarint, unzigzag, VarintReader, zigzag } from './varint.ts'

/** One price of a book: micro-USD a share, micro-shares. */
export interface BookLevel {
  readonly price: number
  readonly shares: number
}

/** Levels of a decoded book in reusable arrays; only the first `bidCount` and `askCount` entries count. */
export interface BookLevels {
  bidCount: number
  askCount: number
  /** Micro-USD, best level first, as are the others. */
  bidPrice: Float64Array
  /** Micro-shares. */
  bidShares: Float64Array
  askPrice: Float64Array
  askShares: Float64Array
}

/** Prices are written as micro-USD since some are off the market's grid. */
const MICRO_PRICES = 1
/** Shares are written as micro-shares since some are no multiple of a hundredth. */
const MICRO_SHARES = 2
/** The venue's lot: a hundredth of a share. */
const LOT = 10_000

/** Room for any body of so many levels. */
export function bodyRoom(levels: number): number {
  return 1 + 2 * MAX_VARINT + levels * 2 * MAX_VARINT
}

/** What is no price or no number of shares would be written as some other: a broken invariant instead. */
export function checkLevels(levels: readonly BookLevel[]): void {
  for (const { price, shares } of levels) {
    const sound = Number.isInteger(price) && price >= 0 && price <= MICRO && Number.isSafeInteger(shares) && shares >= 0
    invariant(sound, `no level of a book: ${price}, ${shares}`)
  }
}

/**
 * Writes a book's body: flags, the two counts, then bids and asks, each level as the difference from the price of the one
 * before (downwards for bids, upwards for asks) and its shares. The caller has seen to the room.
 * @param tick price grid in micro-USD; 0 when it is not known
 * @returns the offset after it
 */
export function putBody(
  bytes: Uint8Array,
  offset: number,
  tick: number,
  bids: readonly BookLevel[],
  asks: readonly BookLevel[],
): number {
  const onGrid = tick > 0 && allOn(bids, tick) && allOn(asks, tick)
  const inLots = allLots(bids) && allLots(asks)
  bytes[offset] = (onGrid ? 0 : MICRO_PRICES) | (inLots ? 0 : MICRO_SHARES)
  let at = putVarint(bytes, offset + 1, bids.length)
  at = putVarint(bytes, at, asks.length)
  const priceUnit = onGrid ? tick : 1
  const shareUnit = inLots ? LOT : 1
  at = putLevels(bytes, at, bids, -priceUnit, shareUnit)
  return putLevels(bytes, at, asks, priceUnit, shareUnit)
}

function allOn(levels: readonly BookLevel[], tick: number): boolean {
  for (const level of levels) if (level.price % tick !== 0) return false
  return true
}

function allLots(levels: readonly BookLevel[]): boolean {
  for (const level of levels) if (level.shares % LOT !== 0) return false
  return true
}

function putLevels(
  bytes: Uint8Array,
  offset: number,
  levels: readonly BookLevel[],
  priceUnit: number,
  shareUnit: number,
): number {
  let at = offset
  let last = 0
  for (const level of levels) {
    at = putVarint(bytes, at, zigzag((level.price - last) / priceUnit))
    at = putVarint(bytes, at, level.shares / shareUnit)
    last = level.price
  }
  return at
}

export function emptyLevels(): BookLevels {
  return {
    bidCount: 0,
    askCount: 0,
    bidPrice: new Float64Array(0),
    bidShares: new Float64Array(0),
    askPrice: new Float64Array(0),
    askShares: new Float64Array(0),
  }
}

// One for all: decoding is synchronous, and an allocation a book would show in a replay.
const varints = new VarintReader()

/**
 * Decodes the body of a book record into `out`, whose arrays grow where they must.
 * @param offset `bodyOffset` of the record
 * @param tick of the record, micro-USD
 * @param end `bodyEnd` of the record: nothing beyond it is read
 * @returns the offset after it, or −1 where the bytes are no book; `out` is then empty
 */
export function decodeBook(
  bytes: Uint8Array,
  offset: number,
  tick: number,
  out: BookLevels,
  end = bytes.length,
): number {
  out.bidCount = 0
  out.askCount = 0
  const flags = offset < end ? (bytes[offset] ?? 255) : 255
  if (flags > (MICRO_PRICES | MICRO_SHARES)) return -1
  varints.reset(bytes, offset + 1, end)
  const bidCount = varints.read()
  const askCount = varints.read()
  // A level takes two bytes or more: a count beyond that is no count, and must not size an array.
  if (varints.failed || (bidCount + askCount) * 2 > end - varints.offset) return -1
  if (bidCount > out.bidPrice.length) {
    out.bidPrice = new Float64Array(roomFor(bidCount))
    out.bidShares = new Float64Array(roomFor(bidCount))
  }
  if (askCount > out.askPrice.length) {
    out.askPrice = new Float64Array(roomFor(askCount))
    out.askShares = new Float64Array(roomFor(askCount))
  }
  const priceUnit = (flags & MICRO_PRICES) === 0 ? tick : 1
  const shareUnit = (flags & MICRO_SHARES) === 0 ? LOT : 1
  const sound =
    readLevels(bidCount, -priceUnit, shareUnit, out.bidPrice, out.bidShares) &&
    readLevels(askCount, priceUnit, shareUnit, out.askPrice, out.askShares)
  if (!sound) return -1
  out.bidCount = bidCount
  out.askCount = askCount
  return varints.offset
}

function roomFor(levels: number): number {
  return Math.max(128, 2 ** Math.ceil(Math.log2(levels)))
}

function readLevels(
  count: number,
  priceUnit: number,
  shareUnit: number,
  prices: Float64Array,
  shares: Float64Array,
): boolean {
  let price = 0
  for (let i = 0; i < count; i++) {
    price += unzigzag(varints.read()) * priceUnit
    const size = varints.read() * shareUnit
    if (varints.failed || !(price >= 0 && price <= MICRO) || size > Number.MAX_SAFE_INTEGER) return false
    prices[i] = price
    shares[i] = size
  }
  return true
}
