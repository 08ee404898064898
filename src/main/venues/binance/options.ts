import type { Clock } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'
import { HOUR, MINUTE, SECOND } from '../../../shared/domain/time.ts'
import type { LinkTimings } from '../../net/link.ts'
import type { GuardBounds } from '../price-guard.ts'
import type { TimeSample } from './rest.ts'

/** Delays and limits of the feed, in ms of desk time unless stated otherwise. */
export interface FeedTimings extends LinkTimings {
  /** Time limit of `start`. */
  readonly startMs: number
  /** Time limit of a REST request. */
  readonly requestMs: number
  /** A symbol that delivers nothing for this long after the start counts as unlisted. */
  readonly firstDataMs: number
  /** Delay before a hole is fetched over REST, since the missing frame may only be late. */
  readonly repairGraceMs: number
  /** Market time after its end at which a missing candle counts as a hole. */
  readonly lateMs: number
  /** Number of replies without a minute after which the venue is assumed not to have it. */
  readonly emptyReplies: number
  readonly timeSampleMs: number
  /** A symbol that delivers nothing readable for this long while connected is stale, and the venue is queried. */
  readonly symbolSilenceMs: number
  /** Period over which the share of unreadable frames is evaluated. */
  readonly unreadablePeriodMs: number
  /** Minimum interval between reports of unreadable frames. */
  readonly reportMs: number
}

export const DEFAULT_TIMINGS: FeedTimings = {
  startMs: 30 * SECOND,
  requestMs: 10 * SECOND,
  connectMs: 10 * SECOND,
  silenceMs: 10 * SECOND,
  firstDataMs: 10 * SECOND,
  backoffFloorMs: SECOND,
  backoffMaxMs: 30 * SECOND,
  stableMs: MINUTE,
  maxAgeMs: 23 * HOUR,
  overlapMs: 3 * SECOND,
  maxAttempts: 290,
  repairGraceMs: SECOND,
  lateMs: 5 * SECOND,
  emptyReplies: 5,
  timeSampleMs: MINUTE,
  symbolSilenceMs: 20 * SECOND,
  unreadablePeriodMs: 10 * SECOND,
  reportMs: 10 * SECOND,
}

export interface BinanceFeedOptions {
  readonly assets: readonly Asset[]
  readonly clock: Clock
  /** Uniform in [0, 1): varies the delays between attempts. */
  readonly random: () => number
  /** Without a trailing slash. */
  readonly restUrl?: string
  readonly wsUrl?: string
  /** Number of closed one-minute candles per asset to load at the start. */
  readonly historyCount?: number
  readonly timings?: Partial<FeedTimings>
  /** Limits for withholding absurd prices. */
  readonly guard?: GuardBounds
  /** Called with every sample of the venue's time, before any later event. */
  readonly onTime?: (sample: TimeSample) => void
  /** Called with every frame before it is parsed. */
  readonly onFrame?: (text: string) => void
}

/** Hosts for public data only: they need no key and are not blocked in some countries. */
export const PUBLIC_REST_URL = 'https://data-api.binance.vision'
const PUBLIC_WS_URL = 'wss://data-stream.binance.vision:443'

export function symbolOf(asset: Asset): string {
  return `${asset}USDT`
}

/** Address of the one connection that carries every asset's one-minute candles. */
export function streamUrl({ assets, wsUrl = PUBLIC_WS_URL }: BinanceFeedOptions): string {
  const streams = assets.map((asset) => `${symbolOf(asset).toLowerCase()}@kline_1m`)
  return `${wsUrl}/stream?streams=${streams.join('/')}`
}

/** Counts since the start, for the doctor and the status. */
export interface BinanceFeedStats {
  readonly frames: number
  readonly badFrames: number
  readonly connections: number
  readonly usedWeight: number
}
