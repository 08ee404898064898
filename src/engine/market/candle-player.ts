import type { Engine } from '../engine.ts'
import type { AssetState } from '../prices/asset-state.ts'
import type { LazyPrices, MinuteRemainder } from '../prices/prices.ts'
import { TICK_CELLS, TICK_PRICE, TICK_TS, TICK_VENUE, TICK_VOLUME } from '../prices/tick-cells.ts'
import type { SlotState } from '../slot-state.ts'
import { assetOf } from '../state.ts'
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
 * Plays candles as `CandlePathSource` does, without allocating per price. Only the first price of each minute is pushed at
 * its time; the later ones are expanded and applied when a reader pulls them, or as one remainder at the end of the minute.
 * The path is a function of candle and seed, so it does not matter when it is applied.
 */
export class CandlePlayer implements PriceSource {
  private readonly venue: SimulatedVenue
  private readonly tracks: readonly CandleTrack[]
  private readonly playbacks: readonly AssetPlayback[]
  private readonly to: number
  private minute = 0
  /** Number of ticks of the current minute before the end of the playback. */
  private count = 0
  /** Time at which the desk receives the minute's first price; infinity once it has. */
  private deskReceivesAt = Number.POSITIVE_INFINITY
  /** Start of the next minute; infinity without one. */
  private next: number
  /** First tick to play of the next minute. */
  private first: number

  /** The venue's feed delay must not exceed 5 s, the time from a minute's last price to the next minute's first. */
  constructor({ series, from, to, seed }: CandlePathOptions, venue: SimulatedVenue) {
    this.venue = venue
    this.to = to
    this.tracks = series.map((columns) => new CandleTrack(columns, from, seed))
    this.playbacks = this.tracks.map((track) => new AssetPlayback(track, venue))
    this.next = minuteAfter(this.tracks, to)
    this.first = firstTickFrom(this.next, from)
    if (this.first === TICKS_A_MINUTE) this.enter()
  }

  /** Connects engine and sink; must be called once before `advance`. */
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

  /** Pushes each price at its time. @returns time of the first price that scheduled an event; null without one */
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

  /** Starts the next minute; true when its first prices scheduled an event. */
  private startMinute(ts: number): boolean {
    for (const playback of this.playbacks) playback.finish()
    const { first } = this
    this.enter()
    this.deskReceivesAt = ts + this.venue.feedDelayMs
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

/** Playback of one asset's current minute to the venue and, delayed, to the desk. */
class AssetPlayback implements LazyPrices {
  readonly asset: SimulatedAsset<SimulatedSlot>
  private readonly track: CandleTrack
  private readonly venue: SimulatedVenue
  private readonly cells = new Float64Array(TICK_CELLS)
  private desk: PlaybackSink | null = null
  private minute = 0
  private count = 0
  /** Next tick to push to the venue. */
  private venueNext = 0
  /** Next tick to push to the desk. */
  private deskNext = 0
  /** False when the playback started within the minute. */
  private isWhole = false
  private isExpanded = false
  private readonly remainder: MinuteRemainder = {
    ts: Number.NaN,
    tsVenue: Number.NaN,
    low: 0,
    high: 0,
    close: 0,
    volume: 0,
  }

  constructor(track: CandleTrack, venue: SimulatedVenue) {
    this.track = track
    this.venue = venue
    this.asset = venue.asset(track.series.asset)
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

  /** Writes tick `at`, received at `ts`, to the cells. The first is the open and needs no expansion. */
  private load(at: number, ts: number): void {
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

  /** Pushes prices up to and including `until` to the venue; true when one scheduled an event. */
  pushToVenue(until: number): boolean {
    let scheduled = false
    while (this.venueNext < this.count) {
      const ts = tickAt(this.minute, this.venueNext)
      if (ts > until) break
      this.load(this.venueNext++, ts)
      if (this.venue.take(this.asset, this.cells)) scheduled = true
    }
    return scheduled
  }

  /** Pushes prices that the desk receives up to and including `until`. */
  pushToDesk(until: number): void {
    while (this.deskNext < this.count) {
      const ts = tickAt(this.minute, this.deskNext) + this.venue.feedDelayMs
      if (ts > until) break
      this.load(this.deskNext++, ts)
      this.desk?.price(this.asset, this.cells, 0)
    }
  }

  pull(): void {
    const { now } = this.venue
    this.pushToVenue(now)
    this.pushToDesk(now)
  }

  /** Ends the minute: applies the ticks not pulled so far, as one remainder where no single price matters. */
  finish(): void {
    if (this.venueNext >= this.count && this.deskNext >= this.count) return
    const { remainder, asset, isWhole, venue } = this
    const { series, index } = this.track
    const last = tickAt(this.minute, LAST)
    remainder.ts = last
    remainder.tsVenue = last
    remainder.low = series.low[index] ?? Number.NaN
    remainder.high = series.high[index] ?? Number.NaN
    remainder.close = series.close[index] ?? Number.NaN
    remainder.volume = series.volume[index] ?? 0
    if (this.venueNext < this.count && isWhole && asset.isCalmWithin(remainder)) asset.takeRemainder(remainder)
    else this.pushToVenue(last)
    remainder.ts = last + venue.feedDelayMs
    if (this.deskNext === this.count || !isWhole || this.desk?.remainder(asset, remainder) !== true)
      this.pushToDesk(remainder.ts)
    this.venueNext = this.count
    this.deskNext = this.count
  }
}
