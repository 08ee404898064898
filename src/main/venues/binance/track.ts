import type { Candle, PriceTick } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../../shared/domain/time.ts'
import { type GuardBounds, PriceGuard } from '../price-guard.ts'
import { CandleChain, type ClosedCandle, VolumeMeter } from './chain.ts'
import { symbolOf } from './options.ts'
import type { KlineUpdate, TradeUpdate } from './schema.ts'

/** The feed's state of one asset. */
export class Track {
  readonly asset: Asset
  readonly symbol: string
  readonly chain = new CandleChain()
  readonly guard: PriceGuard<ClosedCandle>
  readonly #meter = new VolumeMeter()
  #last: KlineUpdate | undefined
  #lastTrade: TradeUpdate | undefined
  /** Time of the last readable frame, monotonic ms. */
  deliveredAt = 0
  /** True once the stream has delivered the asset. */
  delivered = false
  /** True when frames may have been missed: the venue's time must be queried before the chain counts as complete. */
  uncertain = false
  /** True while a repair is scheduled or running. */
  repairing = false
  /** Consecutive replies without the first missing minute. */
  emptyReplies = 0

  constructor(asset: Asset, bounds: GuardBounds) {
    this.asset = asset
    this.guard = new PriceGuard(bounds)
    this.symbol = symbolOf(asset)
  }

  /** Open time of the newest known minute. */
  get lastMinute(): UnixMs {
    return this.#last?.candle.openTime ?? this.chain.last ?? unixMs(0)
  }

  /** True when a candle contains trades that the stream has not delivered. */
  isNewer({ openTime, volume }: Candle): boolean {
    const last = this.#last?.candle
    return volume > (last?.openTime === openTime ? last.volume : 0) && openTime >= (last?.openTime ?? 0)
  }

  /** The tick of an update; undefined if it is older than the last one or repeats it. */
  tickOf(update: KlineUpdate, receivedAt: UnixMs): PriceTick | undefined {
    const { eventTime, candle } = update
    const last = this.#last
    if (last !== undefined && (eventTime < last.eventTime || isSame(update, last))) return undefined
    const volume = this.#meter.take(candle.openTime, candle.volume)
    if (volume === undefined) return undefined
    this.#last = update
    const trade = this.#lastTrade
    // Both streams are ordered, but not with each other.
    const isOld = trade !== undefined && trade.eventTime > eventTime
    return {
      kind: 'price',
      ts: receivedAt,
      tsVenue: isOld ? trade.eventTime : eventTime,
      asset: this.asset,
      price: isOld ? trade.price : candle.close,
      volume,
    }
  }

  /** The tick of a trade between two candle updates; undefined if it is too soon or old. Its volume is in the next update's. */
  tickOfTrade(update: TradeUpdate, receivedAt: UnixMs): PriceTick | undefined {
    const { eventTime, price } = update
    // Before the first candle update, nothing is known about the asset.
    if (this.#last === undefined || eventTime < this.#last.eventTime) return undefined
    if (this.#lastTrade !== undefined && eventTime < this.#lastTrade.eventTime + TRADE_MS) return undefined
    this.#lastTrade = update
    return { kind: 'price', ts: receivedAt, tsVenue: eventTime, asset: this.asset, price, volume: 0 }
  }
}

/** Minimum interval between two ticks of trades, ms of venue time; BTC trades up to a hundred times a second. */
const TRADE_MS = 200

/** True for the same push from two connections, as delivered while one replaces the other. */
function isSame(a: KlineUpdate, b: KlineUpdate): boolean {
  return a.eventTime === b.eventTime && a.candle.openTime === b.candle.openTime && a.candle.volume === b.candle.volume
}
