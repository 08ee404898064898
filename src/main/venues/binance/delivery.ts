import type { Clock, FeedEvent } from '../../../shared/domain/feed.ts'
import { isoUtc, SECOND } from '../../../shared/domain/time.ts'
import type { Passed } from '../price-guard.ts'
import type { ClosedCandle } from './chain.ts'
import type { Level, Problems } from './problems.ts'
import type { KlineUpdate } from './schema.ts'
import type { Track } from './track.ts'

export interface DeliveryOptions {
  readonly clock: Clock
  readonly problems: Problems
  readonly tell: (event: FeedEvent) => void
  readonly report: (detail: string, level: Level) => void
}

/**
 * The last step before the desk: what leaves here is recorded and traded on. Prices and candles that an asset's guard
 * keeps back never leave; the asset is stale meanwhile.
 */
export class Delivery {
  readonly #options: DeliveryOptions

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  price(track: Track, update: KlineUpdate): void {
    const tick = track.tickOf(update, this.#options.clock.now())
    if (tick === undefined) return
    this.#guarded(track, tick.tsVenue, () => {
      const passed = track.guard.price(tick.price, tick.tsVenue)
      this.#candles(track, passed)
      if (passed.price) this.#options.tell(tick)
    })
  }

  candles(track: Track, closed: readonly ClosedCandle[]): void {
    for (const one of closed) {
      this.#guarded(track, one.candle.openTime, () => this.#candles(track, track.guard.candle(one)))
    }
  }

  #candles({ asset }: Track, { candles, left }: Passed<ClosedCandle>): void {
    const { clock, tell, report } = this.#options
    for (const { candle, origin } of candles) {
      tell({ kind: 'candle', ts: clock.now(), asset, frame: '1m', candle, origin })
    }
    for (const { candle } of left) {
      const range = `${candle.low} to ${candle.high}`
      report(`the minute of ${asset} at ${isoUtc(candle.openTime)} reaches from ${range} and is left out`, 'warn')
    }
  }

  /** Does `work` and says what it changed about the asset's prices. */
  #guarded(track: Track, at: number, work: () => void): void {
    const { asset, guard } = track
    const { problems } = this.#options
    const before = guard.doubt
    work()
    const now = guard.doubt
    if (now !== null) {
      const percent = Math.round((now.to / now.from - 1) * 100)
      const jump = `the price jumped from ${now.from} to ${now.to} (${percent > 0 ? '+' : ''}${percent} %)`
      problems.raise(asset, 'price', `${jump}; it is withheld until it has stood for a while or is back`)
    } else if (before !== null) {
      const seconds = Math.max(1, Math.round((at - before.since) / SECOND))
      if (guard.tookLevel) {
        const detail = `${asset} has stood at about ${guard.last} for ${seconds} s, coming from ${before.from}: taken as its price`
        problems.clear(asset, 'price', detail, 'warn')
      } else {
        const prices = `${before.withheld} price${before.withheld === 1 ? '' : 's'}`
        problems.clear(asset, 'price', `${asset} is back at ${guard.last} after ${seconds} s; ${prices} withheld`)
      }
    }
  }
}
