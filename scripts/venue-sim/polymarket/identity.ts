import { createHash } from 'node:crypto'

/** Assets with 5- and 15-minute Up or Down markets. */
export const ASSETS: readonly string[] = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'BNB', 'HYPE']

const NAMES: Readonly<Record<string, string>> = {
  BTC: 'Bitcoin',
  ETH: 'Ethereum',
  SOL: 'Solana',
  XRP: 'XRP',
  DOGE: 'Dogecoin',
  BNB: 'BNB',
  HYPE: 'Hyperliquid',
}

export type Outcome = 'Up' | 'Down'

/** One market: the interval `[startMs, endMs)` of an asset, with the ids derived from the seed. */
export interface MarketWindow {
  readonly slug: string
  readonly asset: string
  readonly name: string
  readonly minutes: number
  /** Unix ms. */
  readonly startMs: number
  readonly endMs: number
  /** Ids of the Gamma rows. */
  readonly marketId: string
  readonly eventId: string
  readonly conditionId: string
  readonly questionId: string
  /** Token ids as decimal text. */
  readonly up: string
  readonly down: string
}

/** SHA-256 in hex. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

export function slugOf(asset: string, minutes: number, startMs: number): string {
  return `${asset.toLowerCase()}-updown-${minutes}m-${startMs / 1000}`
}

/** The seven-digit id of a Gamma row. */
const rowId = (text: string): string => String(3_000_000 + (Number.parseInt(digest(text).slice(0, 8), 16) % 6_000_000))

/** Every market of the venue, by slug, token and condition. The same seed gives the same ids. */
export class Listing {
  readonly assets: readonly string[]
  readonly minutes: readonly number[]
  readonly #seed: number
  readonly #bySlug = new Map<string, MarketWindow>()
  readonly #byId = new Map<string, MarketWindow>()

  constructor(assets: readonly string[], minutes: readonly number[], seed: number) {
    this.assets = assets
    this.minutes = minutes
    this.#seed = seed
  }

  /** @param startMs a multiple of the length */
  at(asset: string, minutes: number, startMs: number): MarketWindow {
    const slug = slugOf(asset, minutes, startMs)
    return this.#bySlug.get(slug) ?? this.add(this.#make(slug, asset, minutes, startMs))
  }

  /** Lists a window; also under other ids than its own, when they were recorded. */
  add(window: MarketWindow): MarketWindow {
    this.#bySlug.set(window.slug, window)
    for (const id of [window.up, window.down, window.conditionId, window.marketId]) this.#byId.set(id, window)
    return window
  }

  /** Undefined for a slug of another form, another asset or a start that is not on the grid. */
  bySlug(slug: string): MarketWindow | undefined {
    const match = /^([a-z]+)-updown-(\d+)m-(\d{9,11})$/.exec(slug)
    const asset = (match?.[1] ?? '').toUpperCase()
    const minutes = Number(match?.[2])
    const startMs = Number(match?.[3]) * 1000
    if (!this.assets.includes(asset) || !this.minutes.includes(minutes) || startMs % (minutes * 60_000) !== 0) {
      return undefined
    }
    return this.at(asset, minutes, startMs)
  }

  /** The window with a token, condition or row id; undefined when it has not been listed yet. */
  byId(id: string): MarketWindow | undefined {
    return this.#byId.get(id)
  }

  #make(slug: string, asset: string, minutes: number, startMs: number): MarketWindow {
    const id = (kind: string) => digest(`${this.#seed}:${slug}:${kind}`)
    return {
      slug,
      asset,
      name: NAMES[asset] ?? asset,
      minutes,
      startMs,
      endMs: startMs + minutes * 60_000,
      marketId: rowId(`${this.#seed}:${slug}:row`),
      eventId: rowId(`${this.#seed}:${slug}:event`),
      conditionId: `0x${id('condition')}`,
      questionId: `0x${id('question')}`,
      up: BigInt(`0x${id('up')}`).toString(),
      down: BigInt(`0x${id('down')}`).toString(),
    }
  }
}

/** A number in [0, 1) that depends on the text alone. */
export function chance(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39)
  return ((value ^ (value >>> 15)) >>> 0) / 4_294_967_296
}
