import type { Engine } from '../../engine/engine.ts'
import { type CandleColumns, closedBefore } from '../../engine/market/candle-columns.ts'
import { CandlePlayer } from '../../engine/market/candle-player.ts'
import { SimulatedVenue, type PlaybackSink as Told } from '../../engine/market/simulated-venue.ts'
import { venueSettingsOf } from '../../engine/market/venue-settings.ts'
import type { SlotListing } from '../../engine/venue/listing.ts'
import type { Config } from '../../shared/config.ts'
import type { OrderId } from '../../shared/domain/ids.ts'
import type { Order } from '../../shared/domain/records.ts'
import type { Slot, SlotId } from '../../shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../shared/domain/time.ts'

export type { Told }

/** A market played from a tape: the source of the engine's events, and the venue of its orders. */
export interface Playback {
  /** Seeds history and connects engine and consumers. To be called once, first. */
  begin(engine: Engine, desk: Told): void
  /** Delivers every event up to and including `until`. */
  advance(until: number): void
  /** True when strikes are the settlement source's alone; see the venue's capabilities. */
  readonly officialStrikes: boolean
  /** Terms of a slot; null where the tape has none. */
  listing(slot: SlotId): SlotListing | null
  submit(order: Order, ts: UnixMs): void
  cancel(orderId: OrderId, ts: UnixMs): void
}

/** Minutes of history before a replay begins, as a desk reads them at its start. */
const HISTORY_MINUTES = 400

/** Recorded candles, played inside each minute on a seeded path, with simulated books around it. */
export class CandlePlayback implements Playback {
  readonly officialStrikes = false
  private readonly series: readonly CandleColumns[]
  private readonly from: UnixMs
  private readonly market: SimulatedVenue
  private readonly player: CandlePlayer
  private play: (until: number) => void = () => {}

  /** @param until first instant not played; settlements may need prices beyond the last decision */
  constructor(
    series: readonly CandleColumns[],
    slots: readonly Slot[],
    config: Config,
    span: { readonly from: UnixMs; readonly until: UnixMs; readonly seed: number; readonly settlement: string },
  ) {
    const wanted = new Set(slots.map((slot) => slot.asset))
    this.series = series.filter((one) => wanted.has(one.asset))
    this.from = span.from
    this.market = new SimulatedVenue({
      ...venueSettingsOf(config),
      seed: span.seed,
      slots,
      source: span.settlement,
      pushesBooks: false,
      minuteAt: (asset, openTime) => {
        const one = this.series.find((columns) => columns.asset === asset)
        const [minute] = one === undefined ? [] : closedBefore(one, unixMs(openTime + 60_000), 1)
        return minute?.openTime === openTime ? minute : undefined
      },
      // The minutes come from the tape.
      isReported: () => true,
    })
    const path = { series: this.series, from: span.from, to: span.until, seed: span.seed }
    this.player = new CandlePlayer(path, this.market)
  }

  begin(engine: Engine, desk: Told): void {
    for (const series of this.series) {
      const minutes = closedBefore(series, this.from, HISTORY_MINUTES)
      if (minutes.length === 0) continue
      engine.seedHistory(series.asset, minutes)
      this.market.seedHistory(series.asset, minutes)
    }
    engine.readBooksFrom(this.market)
    this.player.begin(engine, desk)
    this.play = this.market.player(this.player, desk)
  }

  advance(until: number): void {
    this.play(until)
  }

  listing(slot: SlotId): SlotListing | null {
    return this.market.listing(slot)
  }

  submit(order: Order, ts: UnixMs): void {
    this.market.submit(order, ts)
  }

  cancel(orderId: OrderId, ts: UnixMs): void {
    this.market.cancel(orderId, ts)
  }
}
