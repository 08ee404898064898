import type { Engine } from '../engine.ts'
import type { AssetState } from '../prices/asset-state.ts'
import type { LazyPrices, MinuteRemainder } from '../prices/prices.ts'
import { TICK_CELLS, TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from '../prices/tick-cells.ts'
import { assetOf, type SlotState } from '../state.ts'
import {
  type CandlePathOptions,
  CandleTrack,
  enterMinute,
  firstTickFrom,
  minuteAfter,
  TICKS_A_MINUTE,
  tickAt,
} from './candle-path.ts'
import type { SimulatedAsset } from './simulated-asset.ts'
import type { SimulatedSlot } from './simulated-slot.ts'
import type { PlaybackSink, PriceSource, SimulatedVenue } from './simulated-venue.ts'

const LAST = TICKS_A_MINUTE - 1

/**
 * Plays candles as `CandlePathSource` does, without making a thing for a price. It tells only the first price of each
 * minute at its moment; those after it are spelt out and heard when somebody looks, or in one piece when the minute is
 * over. A path is a function of its candle and a seed: it makes no difference when it is heard.
 */
export class CandlePlayer implements PriceSource {
  private readonly market: SimulatedVenue
  private readonly tracks: readonly CandleTrack[]
  private readonly playbacks: readonly AssetPlayback[]
  private readonly to: number
  private minute = 0
  /** How many prices the minute has before the end. */
  private count = 0
  /** When the desk hears the minute's first price; infinity once it has. */
  private deskReceivesAt = Number.POSITIVE_INFINITY
  private next: number
  private first: number

  /** The market's feed delay must be no longer than from a minute's last price to the next one's first: 5 s. */
  constructor({ series, from, to, seed }: CandlePathOptions, market: SimulatedVenue) {
    this.market = market
    this.to = to
    this.tracks = series.map((one) => new CandleTrack(one, from, seed))
    this.playbacks = this.tracks.map((track) => new AssetPlayback(track, market))
    this.next = minuteAfter(this.tracks, to)
    this.first = firstTickFrom(this.next, from)
    if (this.first === TICKS_A_MINUTE) this.enter()
  }

  /** To be called once, before anything is told. */
  begin(engine: Engine, desk: PlaybackSink): void {
    for (const playback of this.playbacks) {
      playback.asset.desk = assetOf(engine.state, playback.asset.name)
      playback.begin(playback.asset.desk, desk)
    }
  }

  advance(until: number, all: boolean): number {
    for (;;) {
      const stopped = all ? this.pushEachToVenue(until) : null
      if (stopped !== null) return stopped
      if (this.deskReceivesAt <= until) this.pushToDesk()
      const ts = tickAt(this.next, this.first)
      if (ts > until || ts >= this.to) return until
      if (this.startMinute(ts)) return ts
    }
  }

  /** Somebody must hear of each price at its moment; gives that after which it must stop, null where there is none. */
  private pushEachToVenue(until: number): number | null {
    for (let at = 0; at < this.count; at++) {
      const ts = tickAt(this.minute, at)
      if (ts > until) break
      if (this.pushToVenue(ts)) return ts
    }
    return null
  }

  private pushToVenue(ts: number): boolean {
    let stop = false
    for (const playback of this.playbacks) if (playback.pushToVenue(ts)) stop = true
    return stop
  }

  private pushToDesk(): void {
    for (const playback of this.playbacks) playback.pushToDesk(this.deskReceivesAt)
    this.deskReceivesAt = Number.POSITIVE_INFINITY
  }

  /** The next minute begins; true when its first prices put something on the schedule. */
  private startMinute(ts: number): boolean {
    for (const playback of this.playbacks) playback.finish()
    const { first } = this
    this.enter()
    this.deskReceivesAt = ts + this.market.feedDelayMs
    for (const playback of this.playbacks) playback.enter(this.minute, first, this.count)
    return this.pushToVenue(ts)
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
class AssetPlayback implements LazyPrices {
  readonly asset: SimulatedAsset<SimulatedSlot>
  private readonly track: CandleTrack
  private readonly market: SimulatedVenue
  private readonly cells = new Float64Array(TICK_CELLS)
  private desk: PlaybackSink | null = null
  private minute = 0
  private count = 0
  private venueNext = 0
  private deskNext = 0
  /** False where playing began within the minute. */
  private isWhole = false
  private isExpanded = false
  private readonly rest: MinuteRemainder = { ts: Number.NaN, tsVenue: Number.NaN, low: 0, high: 0, close: 0, volume: 0 }

  constructor(track: CandleTrack, market: SimulatedVenue) {
    this.track = track
    this.market = market
    this.asset = market.asset(track.series.asset)
  }

  begin(state: AssetState<SlotState>, desk: PlaybackSink): void {
    this.desk = desk
    this.asset.source = this
    state.source = this
  }

  enter(minute: number, first: number, count: number): void {
    this.minute = minute
    this.count = this.track.hasMinute ? count : 0
    this.venueNext = first
    this.deskNext = first
    this.isWhole = first === 0
    this.isExpanded = false
  }

  /** Puts a price of the minute into the cells, heard at `ts`. The first is the open, which takes no spelling out. */
  private take(at: number, ts: number): void {
    const { track, minute, cells } = this
    if (!this.isExpanded && at > 0) {
      track.expand(minute)
      this.isExpanded = true
    }
    cells[TICK_TS] = ts
    cells[TICK_VENUE] = tickAt(minute, at)
    cells[TICK_PRICE] = at > 0 ? (track.prices[at] ?? 0) : (track.series.open[track.index] ?? 0)
    cells[TICK_VOLUME] = at > 0 ? (track.volumes[at] ?? 0) : (track.series.volume[track.index] ?? 0) / TICKS_A_MINUTE
  }

  /** Tells the market prices up to and including `until`; true when that put something on the schedule. */
  pushToVenue(until: number): boolean {
    let scheduled = false
    while (this.venueNext < this.count) {
      const ts = tickAt(this.minute, this.venueNext)
      if (ts > until) break
      this.take(this.venueNext++, ts)
      if (this.market.take(this.asset, this.cells)) scheduled = true
    }
    return scheduled
  }

  pushToDesk(until: number): void {
    while (this.deskNext < this.count) {
      const ts = tickAt(this.minute, this.deskNext) + this.market.feedDelayMs
      if (ts > until) break
      this.take(this.deskNext++, ts)
      this.desk?.price(this.asset, this.cells, 0)
    }
  }

  pull(): void {
    const { now } = this.market
    this.pushToVenue(now)
    this.pushToDesk(now)
  }

  /** The minute is over: where no price of it decides anything by itself, what nobody looked at is taken in at once. */
  finish(): void {
    if (this.venueNext >= this.count && this.deskNext >= this.count) return
    const { rest, asset, isWhole, market } = this
    const { series, index } = this.track
    const last = tickAt(this.minute, LAST)
    rest.ts = last
    rest.tsVenue = last
    rest.low = series.low[index] ?? Number.NaN
    rest.high = series.high[index] ?? Number.NaN
    rest.close = series.close[index] ?? Number.NaN
    rest.volume = series.volume[index] ?? 0
    if (this.venueNext < this.count && isWhole && asset.isCalmWithin(rest)) asset.takeRemainder(rest)
    else this.pushToVenue(last)
    rest.ts = last + market.feedDelayMs
    if (this.deskNext === this.count || !isWhole || this.desk?.rest(asset, rest) !== true) this.pushToDesk(rest.ts)
    this.venueNext = this.count
    this.deskNext = this.count
  }
}
