import type { Clock } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'
import { HOUR, MINUTE, SECOND } from '../../../shared/domain/time.ts'
import type { GuardBounds } from '../price-guard.ts'
import type { TimeSample } from './rest.ts'

/** Waits and limits of the feed, in milliseconds of the desk's clock unless said otherwise. */
export interface FeedTimings {
  /** `start` gives up after this. */
  readonly startMs: number
  /** One REST request. */
  readonly requestMs: number
  /** One WebSocket handshake. */
  readonly connectMs: number
  /** A connection that delivers nothing for so long is dead, whatever TCP says (kline pushes come every 2 s). */
  readonly silenceMs: number
  /** At the start, a symbol that delivers nothing for so long counts as unlisted. */
  readonly firstDataMs: number
  /** First and longest wait before a new connection or a repeated request. */
  readonly backoffFloorMs: number
  readonly backoffMaxMs: number
  /** A connection that lived so long was a good one: the next failure waits the floor again. */
  readonly stableMs: number
  /** Connections are replaced at this age; the venue cuts them at 24 h. */
  readonly maxAgeMs: number
  /** How long an old connection keeps delivering beside its replacement. */
  readonly overlapMs: number
  /** Connections opened in five minutes; the venue bans an address above 300. */
  readonly maxAttempts: number
  /** A hole seen on the stream is asked for over REST after this, as the missing frame may only be late. */
  readonly repairGraceMs: number
  /** Market time after which a candle that has ended and not come counts as a hole. */
  readonly lateMs: number
  /** After so many replies without it, a minute is taken as one that the venue does not have. */
  readonly emptyReplies: number
  readonly timeSampleMs: number
  /** A symbol of which nothing readable comes for so long while the link stands is stale, and the venue is asked. */
  readonly symbolSilenceMs: number
  /** The share of unreadable frames is judged over periods of this length. */
  readonly unreadablePeriodMs: number
  /** Unreadable frames are reported at most this often. */
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
  /** Uniform in [0, 1): spreads the waits between attempts. */
  readonly random: () => number
  /** Without a slash at the end. */
  readonly restUrl?: string
  readonly wsUrl?: string
  /** Closed one-minute candles an asset to begin with. */
  readonly historyCount?: number
  readonly timings?: Partial<FeedTimings>
  /** When a price is withheld as absurd. */
  readonly guard?: GuardBounds
  /** Told of every sample of the venue's time, before anything that comes after it. */
  readonly onTime?: (sample: TimeSample) => void
  /** Sees every frame before it is read. */
  readonly onFrame?: (text: string) => void
}

/** The hosts for public data only: they need no key and are not closed to some countries. */
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
