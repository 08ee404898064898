import type { Clock, FeedEvent, PriceTick } from '../../../shared/domain/feed.ts'
import { isoUtc, SECOND } from '../../../shared/domain/time.ts'
import type { GuardResult } from '../price-guard.ts'
import type { ClosedCandle } from './chain.ts'
import type { Level, Problems } from './problems.ts'
import type { KlineUpdate, TradeUpdate } from './schema.ts'
import type { Track } from './track.ts'

export interface DeliveryOptions {
  readonly clock: Clock
  readonly problems: Problems
  readonly emit: (event: FeedEvent) => void
  readonly report: (detail: string, level: Level) => void
}

/**
 * Last step before the desk: passes prices and candles through the asset's guard and emits them. While the guard withholds
 * prices, the asset is stale.
 */
export class Delivery {
  readonly #options: DeliveryOptions

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  price(track: Track, update: KlineUpdate): void {
    this.#tick(track, track.tickOf(update, this.#options.clock.now()))
  }

  trade(track: Track, update: TradeUpdate): void {
    this.#tick(track, track.tickOfTrade(update, this.#options.clock.now()))
  }

  #tick(track: Track, tick: PriceTick | undefined): void {
    if (tick === undefined) return
    this.#guarded(track, tick.tsVenue, () => {
      const result = track.guard.price(tick.price, tick.tsVenue)
      this.#candles(track, result)
      if (result.price) this.#options.emit(tick)
    })
  }

  candles(track: Track, closed: readonly ClosedCandle[]): void {
    for (const item of closed) {
      this.#guarded(track, item.candle.openTime, () => this.#candles(track, track.guard.candle(item)))
    }
  }

  #candles({ asset }: Track, { candles, dropped }: GuardResult<ClosedCandle>): void {
    const { clock, emit, report } = this.#options
    for (const { candle, origin } of candles) {
      emit({ kind: 'candle', ts: clock.now(), asset, frame: '1m', candle, origin })
    }
    for (const { candle } of dropped) {
      const range = `${candle.low} to ${candle.high}`
      report(`the minute of ${asset} at ${isoUtc(candle.openTime)} ranges from ${range} and is left out`, 'warn')
    }
  }

  /** Runs `work` and reports the start or end of a withholding. */
  #guarded(track: Track, at: number, work: () => void): void {
    const { asset, guard } = track
    const { problems } = this.#options
    const before = guard.withholding
    work()
    const now = guard.withholding
    if (now !== null) {
      const percent = Math.round((now.to / now.from - 1) * 100)
      const jump = `the price jumped from ${now.from} to ${now.to} (${percent > 0 ? '+' : ''}${percent} %)`
      problems.raise(asset, 'price', `${jump}; it is withheld until it is confirmed or returns`)
    } else if (before !== null) {
      const seconds = Math.max(1, Math.round((at - before.since) / SECOND))
      if (guard.acceptedLevel) {
        const detail = `${asset} has been at about ${guard.last} for ${seconds} s, after ${before.from}: accepted as its price`
        problems.clear(asset, 'price', detail, 'warn')
      } else {
        const prices = `${before.withheld} price${before.withheld === 1 ? '' : 's'}`
        problems.clear(asset, 'price', `${asset} is back at ${guard.last} after ${seconds} s; ${prices} withheld`)
      }
    }
  }
}
