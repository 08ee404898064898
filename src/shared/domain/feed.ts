import type { Disposer, Result } from './base.ts'
import type { Asset, CandleFrame } from './slots.ts'
import type { UnixMs } from './time.ts'

/** One price of an underlying, as a feed received it. */
export interface PriceTick {
  readonly kind: 'price'
  /** When the desk received it. */
  readonly ts: UnixMs
  /** The venue's own time of it. */
  readonly tsVenue: UnixMs
  readonly asset: Asset
  readonly price: number
  /** Base volume traded since the tick before. */
  readonly volume: number
}

/** A candle of an underlying; `openTime` inclusive. */
export interface Candle {
  readonly openTime: UnixMs
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

/** A closed candle that the venue itself reported: it replaces one built from ticks. */
export interface CandleClosed {
  readonly kind: 'candle'
  readonly ts: UnixMs
  readonly asset: Asset
  readonly frame: CandleFrame
  readonly candle: Candle
  readonly origin: 'stream' | 'backfill'
}

/** What makes an asset's prices unfit to be traded on. */
export interface FeedProblem {
  readonly asset: Asset
  /** A sentence for a person, without the asset's name in front. */
  readonly reason: string
}

/** The link to the venue went up or down, or an asset's prices have become fit or unfit to be traded on. */
export interface FeedState {
  readonly kind: 'feed'
  readonly ts: UnixMs
  readonly connected: boolean
  /** Assets whose series must not be traded on, whatever the link says. */
  readonly stale: readonly Asset[]
  /** What happened, for a person. */
  readonly detail: string
  /** How `detail` is told; where it is missing, a warning while anything is wrong. */
  readonly level?: 'info' | 'warn'
  /** Why each of `stale` is so, several a stale asset where several things are wrong; missing in older recordings. */
  readonly problems?: readonly FeedProblem[]
}

export type FeedEvent = PriceTick | CandleClosed | FeedState

/** A feed in real time: it pushes. History comes first, through the same listener, as closed candles. */
export interface LiveFeed {
  /** Resolves once history is in and the stream delivers, or with what is wrong. */
  start(listener: (event: FeedEvent) => void): Promise<Result<void>>
  stop(): Promise<void>
}

/** A feed in virtual time: it is pulled, in order of `ts`, and is the same for the same seed. */
export interface TickSource {
  readonly assets: readonly Asset[]
  /** Time of the next tick; undefined once the source is exhausted. */
  peek(): UnixMs | undefined
  /** The next tick; undefined once the source is exhausted. */
  next(): PriceTick | undefined
  /** Closed one-minute candles before `before`, oldest first, at most `count`. */
  history(asset: Asset, before: UnixMs, count: number): readonly Candle[]
}

/** Time and timers, passed in wherever they are needed; `src/main/platform` has the real one. */
export interface Clock {
  /** Wall clock, UTC. */
  now(): UnixMs
  /** Milliseconds of a clock that never goes back; only differences mean anything. */
  monotonic(): number
  after(delayMs: number, run: () => void): Disposer
}
