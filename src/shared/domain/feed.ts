import type { Disposer, Result } from './base.ts'
import type { Asset, CandleFrame } from './slots.ts'
import type { UnixMs } from './time.ts'

/** One price of an underlying, as a feed received it. */
export interface PriceTick {
  readonly kind: 'price'
  /** When the desk received it. */
  readonly ts: UnixMs
  /** The venue's own time of the price. */
  readonly tsVenue: UnixMs
  readonly asset: Asset
  readonly price: number
  /** Base volume traded since the previous tick. */
  readonly volume: number
}

/** A candle of an underlying. */
export interface Candle {
  readonly openTime: UnixMs
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

/** A closed candle reported by the venue itself; it replaces one built from ticks. */
export interface CandleClosed {
  readonly kind: 'candle'
  readonly ts: UnixMs
  readonly asset: Asset
  readonly frame: CandleFrame
  readonly candle: Candle
  readonly origin: 'stream' | 'backfill'
}

/**
 * `hole`: closed minutes are missing; `silent`: no readable frame; `unreadable`: too many unreadable frames; `price`: an
 * absurd price is withheld.
 */
export const FEED_PROBLEM_CODES = ['hole', 'silent', 'unreadable', 'price'] as const
export type FeedProblemCode = (typeof FEED_PROBLEM_CODES)[number]

/** Why an asset's prices must not be traded on. */
export interface FeedProblem {
  readonly asset: Asset
  /** Absent in older recordings. */
  readonly code?: FeedProblemCode
  /** In words, for people, without the asset's name. */
  readonly reason: string
}

/** State of the feed, emitted when the link or the problems of an asset change. */
export interface FeedState {
  readonly kind: 'feed'
  readonly ts: UnixMs
  readonly connected: boolean
  /** Assets whose prices must not be traded on. */
  readonly stale: readonly Asset[]
  /** What happened, in words, for people. */
  readonly detail: string
  /** Level of `detail`; default: a warning while the feed has any problem. */
  readonly level?: 'info' | 'warn'
  /** Reasons for `stale`, possibly several per asset; absent in older recordings. */
  readonly problems?: readonly FeedProblem[]
}

export type FeedEvent = PriceTick | CandleClosed | FeedState

/** A real-time feed, which pushes events. History comes first, as closed candles. */
export interface LiveFeed {
  /** Resolves once history is loaded and the stream delivers, or with an error. */
  start(listener: (event: FeedEvent) => void): Promise<Result<void>>
  stop(): Promise<void>
}

/** A feed in virtual time, pulled in order of `ts`; the same seed gives the same ticks. */
export interface TickSource {
  readonly assets: readonly Asset[]
  /** Time of the next tick; undefined once the source is exhausted. */
  peek(): UnixMs | undefined
  /** The next tick; undefined once the source is exhausted. */
  next(): PriceTick | undefined
  /** Closed one-minute candles before `before`, oldest first, at most `count`. */
  history(asset: Asset, before: UnixMs, count: number): readonly Candle[]
}

/** Time and timers, injected wherever they are needed; `src/main/platform` has the real implementation. */
export interface Clock {
  /** Wall clock, UTC. */
  now(): UnixMs
  /** Monotonic milliseconds; only differences are meaningful. */
  monotonic(): number
  after(delayMs: number, run: () => void): Disposer
}
