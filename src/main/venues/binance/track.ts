import type { PriceTick } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'
import type { UnixMs } from '../../../shared/domain/time.ts'
import { CandleChain, VolumeMeter } from './chain.ts'
import { symbolOf } from './options.ts'
import type { KlineUpdate } from './schema.ts'

/** What the feed knows of one asset. */
export class Track {
  readonly asset: Asset
  readonly symbol: string
  readonly chain = new CandleChain()
  readonly #meter = new VolumeMeter()
  #last: KlineUpdate | undefined
  /** The stream has delivered it. */
  delivered = false
  /** Frames may have been missed: how far the venue has got must be asked before the chain counts as whole. */
  uncertain = false
  /** A repair is waiting or under way. */
  repairing = false
  /** Replies in a row that lacked the first missing minute. */
  emptyReplies = 0

  constructor(asset: Asset) {
    this.asset = asset
    this.symbol = symbolOf(asset)
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
