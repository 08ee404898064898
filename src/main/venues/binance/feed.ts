import { err, ok, type Result } from '../../../shared/domain/base.ts'
import type { Candle, FeedEvent, LiveFeed } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'
import { DEFAULT_BOUNDS } from '../price-guard.ts'
import { Delivery } from './delivery.ts'
import { FrameQuality } from './frame-quality.ts'
import { StreamLink } from './link.ts'
import {
  type BinanceFeedOptions,
  DEFAULT_TIMINGS,
  type FeedTimings,
  PUBLIC_REST_URL,
  streamUrl,
  symbolOf,
} from './options.ts'
import { type Level, Problems } from './problems.ts'
import { Repairer } from './repair.ts'
import { BinanceRest, type TimeSample } from './rest.ts'
import { type KlineUpdate, parseFrame } from './schema.ts'
import { SilenceWatch } from './silence.ts'
import { loadHistories, persist, type StartupOptions } from './startup.ts'
import { Timers } from './timers.ts'
import { Track } from './track.ts'
import { TrackBook } from './track-book.ts'

/** Of an asset's frames in a period, or of all that name no asset: with more unreadable ones nothing is traded on them. */
const UNREADABLE_SHARE = 0.25

/** Counts since the start, for the doctor and the status. */
export interface BinanceFeedStats {
  readonly frames: number
  readonly badFrames: number
  readonly connections: number
  readonly usedWeight: number
}

/**
 * Binance one-minute candles and the ticks inside them, in real time. Closed candles of an asset come in strict order,
 * none missing and none twice, whatever the link does: what the stream missed is fetched over REST before a later one
 * is passed on. Ticks are the candle stream's, one every two seconds an asset while it trades. An asset whose frames stop,
 * cannot be read or tell absurd prices is stale until that is over.
 */
export class BinanceFeed implements LiveFeed {
  readonly #options: BinanceFeedOptions
  readonly #timings: FeedTimings
  readonly #timers: Timers
  readonly #rest: BinanceRest
  readonly #link: StreamLink
  readonly #startup: StartupOptions
  readonly #repairer: Repairer
  readonly #problems = new Problems((detail, level) => this.#report(detail, level))
  readonly #quality: FrameQuality
  readonly #silence: SilenceWatch
  readonly #delivery: Delivery
  #listener: ((event: FeedEvent) => void) | undefined
  #tracks = new TrackBook([])
  /** Frames that came before history was in; undefined once they are passed on as they come. */
  #buffer: (readonly [Track, KlineUpdate])[] | undefined = []
  #connected = false
  #starting = true
  #frames = 0
  #falls = 0
  #shutdownAt = Number.NEGATIVE_INFINITY
  #time: TimeSample | undefined
  #problem = 'no answer'
  #linkUp: () => void = () => {}
  #allDeliver: () => void = () => {}

  constructor(options: BinanceFeedOptions) {
    const { clock, random, restUrl = PUBLIC_REST_URL } = options
    const report = (detail: string, level: Level) => this.#report(detail, level)
    this.#options = options
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings }
    this.#timers = new Timers(clock)
    this.#rest = new BinanceRest({ restUrl, clock, requestMs: this.#timings.requestMs })
    this.#link = new StreamLink(
      { url: streamUrl(options), clock, random, timings: this.#timings },
      { text: (text) => this.#onText(text), up: () => this.#onUp(), down: (reason) => this.#onDown(reason) },
    )
    const tools = { rest: this.#rest, timers: this.#timers, timings: this.#timings, random }
    this.#startup = {
      ...tools,
      problem: (message) => {
        this.#problem = message
      },
    }
    this.#repairer = new Repairer({
      ...tools,
      problems: this.#problems,
      report,
      deliver: (track, closed) => this.#delivery.candles(track, closed),
      sampled: (sample) => this.#sampled(sample),
    })
    const watching = { timers: this.#timers, problems: this.#problems, report, tracks: () => this.#tracks.delivering }
    this.#quality = new FrameQuality({
      ...watching,
      periodMs: this.#timings.unreadablePeriodMs,
      share: UNREADABLE_SHARE,
      reportMs: this.#timings.reportMs,
    })
    this.#silence = new SilenceWatch({
      ...watching,
      rest: this.#rest,
      link: this.#link,
      silenceMs: this.#timings.symbolSilenceMs,
      graceMs: 3 * this.#timings.repairGraceMs,
      clock,
    })
    const tell = (event: FeedEvent) => this.#listener?.(event)
    this.#delivery = new Delivery({ clock, problems: this.#problems, tell, report })
  }

  /** Assets that trade at the venue and have delivered; the others of the configuration are unlisted. */
  listed(): ReadonlySet<Asset> {
    return this.#tracks.listed
  }

  /** Venue clock less desk clock in ms, with the round trip that bounds its error; undefined before the first sample. */
  venueTime(): TimeSample | undefined {
    return this.#time
  }

  stats(): BinanceFeedStats {
    return {
      frames: this.#frames,
      badFrames: this.#quality.count,
      connections: this.#link.connected,
      usedWeight: this.#rest.usedWeight,
    }
  }

  /**
   * Resolves once every trading asset has its history and has delivered, or has had its time to. A feed is started
   * once: after an error, and after `stop`, make a new one.
   */
  async start(listener: (event: FeedEvent) => void): Promise<Result<void>> {
    this.#listener = listener
    const deadline = this.#timers
      .sleep(this.#timings.startMs)
      .then(() => err(`not started within ${this.#timings.startMs} ms: ${this.#problem}`))
    const begun = await Promise.race([this.#begin(), deadline])
    if (!begun.ok) await this.stop()
    return begun
  }

  stop(): Promise<void> {
    this.#listener = undefined
    this.#timers.stop()
    this.#link.stop()
    this.#rest.stop()
    return Promise.resolve()
  }

  async #begin(): Promise<Result<void>> {
    const symbols = this.#options.assets.map(symbolOf)
    if (symbols.length === 0) return err('no asset to follow')
    const trading = await persist(this.#startup, () => this.#rest.tradingSymbols(symbols))
    if (!trading.ok) return trading
    const tracks = this.#options.assets
      .map((asset) => new Track(asset, this.#options.guard ?? DEFAULT_BOUNDS))
      .filter(({ symbol }) => trading.value.has(symbol))
    if (tracks.length === 0) return err(`none of these trades at the venue: ${symbols.join(' ')}`)
    this.#tracks = new TrackBook(tracks)
    // The stream first, so that no candle can close unseen between history and stream.
    await this.#openLink()
    const delivered = this.#firstData()
    const history = await this.#loadHistory(tracks)
    if (!history.ok) return history
    const buffered = this.#buffer ?? []
    this.#buffer = undefined
    for (const [track, update] of buffered) this.#process(track, update)
    await delivered
    if (this.listed().size === 0) return err(`the stream delivers nothing: ${this.#problem}`)
    // A link that fell and rose meanwhile may have missed frames.
    for (let seen = 1; seen < this.#link.connected; ) {
      seen = this.#link.connected
      await this.#repairAll()
    }
    if (this.#timers.stopped) return err('stopped')
    this.#starting = false
    this.#connected = this.#link.isUp
    this.#report(`started, ${history.value} candles of history${this.#describeUnlisted()}`, 'info')
    this.#silence.linkUp()
    this.#silence.start()
    this.#timers.every(this.#timings.timeSampleMs, () => void this.#sampleTime())
    return ok(undefined)
  }

  #openLink(): Promise<void> {
    return new Promise((resolve) => {
      this.#linkUp = resolve
      this.#link.open()
    })
  }

  /** Resolves when every track has delivered, or when the time for it is over. */
  #firstData(): Promise<void> {
    const all = new Promise<void>((resolve) => {
      this.#allDeliver = resolve
    })
    if (this.#tracks.allDeliver) this.#allDeliver()
    return Promise.race([all, this.#timers.sleep(this.#timings.firstDataMs)])
  }

  /** Passes history on, oldest first, asset by asset; gives how many candles there were. */
  async #loadHistory(tracks: readonly Track[]): Promise<Result<number>> {
    const histories = await loadHistories(this.#startup, tracks, this.#options.historyCount ?? 1_000)
    if (!histories.ok) return histories
    this.#sampled(histories.value.sample)
    let total = 0
    for (const [index, track] of tracks.entries()) {
      // One asset a task: nothing may hold the loop for long.
      await this.#timers.sleep(0)
      const candles = histories.value.candles[index] ?? []
      track.guard.begin(middleClose(candles))
      this.#delivery.candles(
        track,
        candles.map((candle) => ({ candle, origin: 'backfill' })),
      )
      track.chain.load(candles)
      total += candles.length
    }
    return ok(total)
  }

  #onText(text: string): void {
    this.#options.onFrame?.(text)
    this.#frames++
    const frame = parseFrame(text)
    if (!frame.ok) {
      const { symbol = '', message } = frame.error
      const track = this.#tracks.get(symbol)
      return this.#quality.unreadable(track, track === undefined ? message : `${track.asset}: ${message}`)
    }
    switch (frame.value.kind) {
      case 'kline':
        return this.#onKline(frame.value.update)
      case 'shutdown':
        return this.#onShutdown()
      case 'error':
        return this.#report(`the venue objects: ${frame.value.message}`, 'warn')
      case 'ack':
        return
    }
  }

  #onKline(update: KlineUpdate): void {
    const track = this.#tracks.get(update.symbol)
    if (track === undefined) {
      // A stream was asked for every configured asset, before it was known which of them trade.
      const known = this.#options.assets.some((asset) => symbolOf(asset) === update.symbol)
      return known ? undefined : this.#quality.unreadable(undefined, `not asked for: ${update.symbol}`)
    }
    if (this.#tracks.isAhead(update.eventTime)) {
      const reason = `${track.asset}: event time far ahead of the market: ${update.eventTime}`
      return this.#quality.unreadable(track, reason)
    }
    this.#quality.readable(track)
    this.#silence.heard(track)
    const isNew = !track.delivered
    track.delivered = true
    if (isNew && this.#tracks.allDeliver) this.#allDeliver()
    if (isNew && !this.#starting) this.#report(`${track.asset} delivers and is listed now`, 'info')
    if (this.#buffer === undefined) this.#process(track, update)
    else this.#buffer.push([track, update])
  }

  #process(track: Track, update: KlineUpdate): void {
    this.#delivery.price(track, update)
    if (update.final) this.#delivery.candles(track, track.chain.offer({ candle: update.candle, origin: 'stream' }))
    else track.chain.reach(update.candle.openTime)
    this.#tracks.reach(update.eventTime)
    for (const holed of this.#tracks.withHole(this.#timings.lateMs)) this.#repairer.schedule(holed)
  }

  #onUp(): void {
    this.#linkUp()
    this.#silence.linkUp()
    if (!this.#starting) void this.#reconnected()
  }

  async #reconnected(): Promise<void> {
    const falls = this.#falls
    await this.#repairAll()
    // It fell again meanwhile: the next rise will see to it.
    if (this.#falls !== falls || this.#timers.stopped) return
    this.#connected = true
    this.#report('connected again', 'info')
  }

  async #repairAll(): Promise<void> {
    const tracks = this.#tracks.delivering
    for (const track of tracks) track.uncertain = true
    await Promise.all(tracks.map((track) => this.#repairer.fillNow(track)))
  }

  #onDown(reason: string): void {
    this.#problem = reason
    this.#falls++
    const fell = this.#connected
    this.#connected = false
    if (!this.#starting) this.#report(fell ? `link lost: ${reason}` : `no link yet: ${reason}`, 'warn')
  }

  #onShutdown(): void {
    const now = this.#options.clock.monotonic()
    // A host that says so again and again would otherwise make the desk open connections as fast as it can.
    if (now - this.#shutdownAt < this.#timings.backoffFloorMs) return
    this.#shutdownAt = now
    this.#report('the venue is about to cut this connection: opening another', 'info')
    this.#link.open()
  }

  async #sampleTime(): Promise<void> {
    const sample = await this.#rest.serverTime()
    if (sample.ok) this.#sampled(sample.value)
  }

  #sampled(sample: TimeSample): void {
    this.#time = sample
    this.#options.onTime?.(sample)
    this.#tracks.reach(sample.serverTime)
  }

  #describeUnlisted(): string {
    const missing = this.#options.assets.filter((asset) => !this.#tracks.listed.has(asset))
    return missing.length === 0 ? '' : `, unlisted: ${missing.join(' ')}`
  }

  #report(detail: string, level: Level): void {
    const { stale, all: problems } = this.#problems
    const ts = this.#options.clock.now()
    this.#listener?.({ kind: 'feed', ts, connected: this.#connected, stale, detail, level, problems })
  }
}

/** What prices were about at the beginning of history: one absurd candle among the first must not set it. */
function middleClose(candles: readonly Candle[]): number {
  const closes = candles.slice(0, 9).map(({ close }) => close)
  return closes.toSorted((a, b) => a - b)[closes.length >> 1] ?? Number.NaN
}
