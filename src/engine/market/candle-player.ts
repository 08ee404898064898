import type { Engine } from '../engine.ts'
import type { AssetState } from '../prices/asset-state.ts'
import type { LazyPrices, MinuteRest } from '../prices/prices.ts'
import { TICK_CELLS, TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from '../prices/tick-cells.ts'
import { assetOf, type SlotState } from '../state.ts'
import type { AssetMarket } from './asset-market.ts'
import {
  type CandlePathOptions,
  CandleTrack,
  enterMinute,
  firstTickFrom,
  minuteAfter,
  TICKS_A_MINUTE,
  tickAt,
} from './candle-path.ts'
import type { DeskSide, PriceSource, SimulatedVenue } from './simulated-venue.ts'
import type { SlotMarket } from './slot-market.ts'

const LAST = TICKS_A_MINUTE - 1

/**
 * Plays candles as `CandlePathSource` does, without making a thing for a price. It tells only the first price of each
 * minute at its moment; those after it are spelt out and heard when somebody looks, or in one piece when the minute is
 * over. A path is a function of its candle and a seed: it makes no difference when it is heard.
 */
export class CandlePlayer implements PriceSource {
  private readonly market: SimulatedVenue
  private readonly tracks: readonly CandleTrack[]
  private readonly rides: readonly Ride[]
  private readonly to: number
  private minute = 0
  /** How many prices the minute has before the end. */
  private count = 0
  /** When the desk hears the minute's first price; infinity once it has. */
  private heardAt = Number.POSITIVE_INFINITY
  private next: number
  private first: number

  /** The market's feed delay must be no longer than from a minute's last price to the next one's first: 5 s. */
  constructor({ series, from, to, seed }: CandlePathOptions, market: SimulatedVenue) {
    this.market = market
    this.to = to
    this.tracks = series.map((one) => new CandleTrack(one, from, seed))
    this.rides = this.tracks.map((track) => new Ride(track, market))
    this.next = minuteAfter(this.tracks, to)
    this.first = firstTickFrom(this.next, from)
    if (this.first === TICKS_A_MINUTE) this.enter()
  }

  /** To be called once, before anything is told. */
  begin(engine: Engine, desk: DeskSide): void {
    for (const ride of this.rides) {
      ride.asset.desk = assetOf(engine.state, ride.asset.name)
      ride.begin(ride.asset.desk, desk)
    }
  }

  advance(until: number, all: boolean): number {
    for (;;) {
      const stopped = all ? this.tellEach(until) : null
      if (stopped !== null) return stopped
      if (this.heardAt <= until) this.tellDesk()
      const ts = tickAt(this.next, this.first)
      if (ts > until || ts >= this.to) return until
      if (this.begins(ts)) return ts
    }
  }

  /** Somebody must hear of each price at its moment; gives that after which it must stop, null where there is none. */
  private tellEach(until: number): number | null {
    for (let at = 0; at < this.count; at++) {
      const ts = tickAt(this.minute, at)
      if (ts > until) break
      if (this.tellMarket(ts)) return ts
    }
    return null
  }

  private tellMarket(ts: number): boolean {
    let stop = false
    for (const ride of this.rides) if (ride.tellMarket(ts)) stop = true
    return stop
  }

  private tellDesk(): void {
    for (const ride of this.rides) ride.tellDesk(this.heardAt)
    this.heardAt = Number.POSITIVE_INFINITY
  }

  /** The next minute begins; true when its first prices put something on the schedule. */
  private begins(ts: number): boolean {
    for (const ride of this.rides) ride.finish()
    const { first } = this
    this.enter()
    this.heardAt = ts + this.market.feedDelayMs
    for (const ride of this.rides) ride.enter(this.minute, first, this.count)
    return this.tellMarket(ts)
  }

  private enter(): void {
    this.minute = this.next
    this.count = firstTickFrom(this.minute, this.to)
    enterMinute(this.tracks, this.minute)
    this.next = minuteAfter(this.tracks, this.to)
    this.first = 0
  }
}

/** One asset on its way through its candles: how many prices of its minute the market and the desk have heard. */
class Ride implements LazyPrices {
  readonly asset: AssetMarket<SlotMarket>
  private readonly track: CandleTrack
  private readonly market: SimulatedVenue
  private readonly cells = new Float64Array(TICK_CELLS)
  private desk: DeskSide | null = null
  private minute = 0
  private count = 0
  private told = 0
  private heard = 0
  /** False where playing began within the minute. */
  private isWhole = false
  private isSpelt = false
  private readonly rest: MinuteRest = { ts: Number.NaN, tsVenue: Number.NaN, low: 0, high: 0, close: 0, volume: 0 }

  constructor(track: CandleTrack, market: SimulatedVenue) {
    this.track = track
    this.market = market
    this.asset = market.asset(track.series.asset)
  }

  begin(state: AssetState<SlotState>, desk: DeskSide): void {
    this.desk = desk
    this.asset.source = this
    state.source = this
  }

  enter(minute: number, first: number, count: number): void {
    this.minute = minute
    this.count = this.track.hasMinute ? count : 0
    this.told = first
    this.heard = first
    this.isWhole = first === 0
    this.isSpelt = false
  }

  /** Puts a price of the minute into the cells, heard at `ts`. The first is the open, which takes no spelling out. */
  private take(at: number, ts: number): void {
    const { track, minute, cells } = this
    if (!this.isSpelt && at > 0) {
      track.spellOut(minute)
      this.isSpelt = true
    }
    cells[TICK_TS] = ts
    cells[TICK_VENUE] = tickAt(minute, at)
    cells[TICK_PRICE] = at > 0 ? (track.prices[at] ?? 0) : (track.series.open[track.index] ?? 0)
    cells[TICK_VOLUME] = at > 0 ? (track.volumes[at] ?? 0) : (track.series.volume[track.index] ?? 0) / TICKS_A_MINUTE
  }

  /** Tells the market prices up to and including `until`; true when that put something on the schedule. */
  tellMarket(until: number): boolean {
    let scheduled = false
    while (this.told < this.count) {
      const ts = tickAt(this.minute, this.told)
      if (ts > until) break
      this.take(this.told++, ts)
      if (this.market.take(this.asset, this.cells)) scheduled = true
    }
    return scheduled
  }

  tellDesk(until: number): void {
    while (this.heard < this.count) {
      const ts = tickAt(this.minute, this.heard) + this.market.feedDelayMs
      if (ts > until) break
      this.take(this.heard++, ts)
      this.desk?.price(this.asset, this.cells, 0)
    }
  }

  pull(): void {
    const { now } = this.market
    this.tellMarket(now)
    this.tellDesk(now)
  }

  /** The minute is over: where no price of it decides anything by itself, what nobody looked at is taken in at once. */
  finish(): void {
    if (this.told >= this.count && this.heard >= this.count) return
    const { rest, asset, isWhole, market } = this
    const { series, index } = this.track
    const last = tickAt(this.minute, LAST)
    rest.ts = last
    rest.tsVenue = last
    rest.low = series.low[index] ?? Number.NaN
    rest.high = series.high[index] ?? Number.NaN
    rest.close = series.close[index] ?? Number.NaN
    rest.volume = series.volume[index] ?? 0
    if (this.told < this.count && isWhole && asset.isCalmWithin(rest)) asset.takeRest(rest)
    else this.tellMarket(last)
    rest.ts = last + market.feedDelayMs
    if (this.heard === this.count || !isWhole || this.desk?.rest(asset, rest) !== true) this.tellDesk(rest.ts)
    this.told = this.count
    this.heard = this.count
  }
}
