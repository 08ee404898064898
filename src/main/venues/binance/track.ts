import type { Candle, PriceTick } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../../shared/domain/time.ts'
import { type GuardBounds, PriceGuard } from '../price-guard.ts'
import { CandleChain, type ClosedCandle, VolumeMeter } from './chain.ts'
import { symbolOf } from './options.ts'
import type { KlineUpdate } from './schema.ts'

/** What the feed knows of one asset. */
export class Track {
  readonly asset: Asset
  readonly symbol: string
  readonly chain = new CandleChain()
  readonly guard: PriceGuard<ClosedCandle>
  readonly #meter = new VolumeMeter()
  #last: KlineUpdate | undefined
  /** When the stream last delivered something readable of it, in monotonic ms. */
  heardAt = 0
  /** The stream has delivered it. */
  delivered = false
  /** Frames may have been missed: how far the venue has got must be asked before the chain counts as whole. */
  uncertain = false
  /** A repair is waiting or under way. */
  repairing = false
  /** Replies in a row that lacked the first missing minute. */
  emptyReplies = 0

  constructor(asset: Asset, bounds: GuardBounds) {
    this.asset = asset
    this.guard = new PriceGuard(bounds)
    this.symbol = symbolOf(asset)
  }

  /** Open time of the newest minute that anything was told of. */
  get lastMinute(): UnixMs {
    return this.#last?.candle.openTime ?? this.chain.last ?? unixMs(0)
  }

  /** Whether a candle says that something has traded since the stream last said so. */
  isNews({ openTime, volume }: Candle): boolean {
    const last = this.#last?.candle
    return volume > (last?.openTime === openTime ? last.volume : 0) && openTime >= (last?.openTime ?? 0)
  }

  /** The tick an update makes; undefined for one that is older than the last or repeats it. */
  tickOf(update: KlineUpdate, receivedAt: UnixMs): PriceTick | undefined {
    const { eventTime, candle } = update
    const last = this.#last
    if (last !== undefined && (eventTime < last.eventTime || isSame(update, last))) return undefined
    const volume = this.#meter.take(candle.openTime, candle.volume)
    if (volume === undefined) return undefined
    this.#last = update
    return { kind: 'price', ts: receivedAt, tsVenue: eventTime, asset: this.asset, price: candle.close, volume }
  }
}

/** While one connection replaces another, both deliver the same push. */
function isSame(a: KlineUpdate, b: KlineUpdate): boolean {
  return a.eventTime === b.eventTime && a.candle.openTime === b.candle.openTime && a.candle.volume === b.candle.volume
}
