import { err, ok, type Result } from '../../../shared/domain/base.ts'
import type { FeedEvent, LiveFeed } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'
import { StreamLink } from '../../net/link.ts'
import { Timers } from '../../net/timers.ts'
import { DEFAULT_BOUNDS } from '../price-guard.ts'
import { Delivery } from './delivery.ts'
import { FrameQuality, UNREADABLE_SHARE } from './frame-quality.ts'
import { FrameReader } from './frame-reader.ts'
import { middleClose } from './history.ts'
import {
  type BinanceFeedOptions,
  type BinanceFeedStats,
  DEFAULT_TIMINGS,
  type FeedTimings,
  PUBLIC_REST_URL,
  streamUrl,
  symbolOf,
} from './options.ts'
import { type Level, Problems } from './problems.ts'
import { Repairer } from './repair.ts'
import { BinanceRest, type TimeSample } from './rest.ts'
import type { KlineUpdate } from './schema.ts'
import { SilenceWatch } from './silence.ts'
import { loadHistories, retryUntilDone, type StartupOptions } from './startup.ts'
import { Track } from './track.ts'
import { TrackBook } from './track-book.ts'

/**
 * Binance one-minute candles and the ticks inside them, in real time. Closed candles of an asset come in strict order without
 * gaps or duplicates: what the stream missed is fetched over REST before later candles are passed on. Ticks come from the
 * candle stream, one every two seconds per asset while it trades. An asset is stale while its frames stop, are unreadable or
 * contain absurd prices.
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
  readonly #frames: FrameReader
  readonly #silence: SilenceWatch
  readonly #delivery: Delivery
  #listener: ((event: FeedEvent) => void) | undefined
  #tracks = new TrackBook([])
  /** Updates received before history is loaded; undefined once updates are passed on directly. */
  #buffer: (readonly [Track, KlineUpdate])[] | undefined = []
  #connected = false
  #starting = true
  #disconnects = 0
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
      { text: (text) => this.#frames.read(text), up: () => this.#onUp(), down: (reason) => this.#onDown(reason) },
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
    this.#delivery = new Delivery({ clock, problems: this.#problems, emit: (event) => this.#listener?.(event), report })
    this.#frames = new FrameReader({
      options,
      quality: this.#quality,
      tracks: () => this.#tracks,
      onUpdate: (track, update) => this.#onUpdate(track, update),
      onShutdown: () => this.#onShutdown(),
      report,
    })
  }

  /** Assets that trade at the venue and have delivered; other configured assets are unlisted. */
  listed(): ReadonlySet<Asset> {
    return this.#tracks.listed
  }

  /** Last sample of the venue's time; undefined before the first. */
  venueTime(): TimeSample | undefined {
    return this.#time
  }

  stats(): BinanceFeedStats {
    return {
      frames: this.#frames.count,
      badFrames: this.#quality.count,
      connections: this.#link.connected,
      usedWeight: this.#rest.usedWeight,
    }
  }

  /**
   * Resolves once every trading asset has its history and has delivered, or its time for that is over. A feed can be started
   * only once; after an error or `stop`, create a new one.
   */
  async start(listener: (event: FeedEvent) => void): Promise<Result<void>> {
    this.#listener = listener
    const deadline = this.#timers
      .sleep(this.#timings.startMs)
      .then(() => err(`not started within ${this.#timings.startMs} ms: ${this.#problem}`))
    const started = await Promise.race([this.#begin(), deadline])
    if (!started.ok) await this.stop()
    return started
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
    if (symbols.length === 0) return err('no assets to follow')
    const trading = await retryUntilDone(this.#startup, () => this.#rest.tradingSymbols(symbols))
    if (!trading.ok) return trading
    const tracks = this.#options.assets
      .map((asset) => new Track(asset, this.#options.guard ?? DEFAULT_BOUNDS))
      .filter(({ symbol }) => trading.value.has(symbol))
    if (tracks.length === 0) return err(`none of these trades at the venue: ${symbols.join(' ')}`)
    this.#tracks = new TrackBook(tracks)
    // The stream is opened first, so that no candle is missed between history and stream.
    await this.#openLink()
    const delivered = this.#firstData()
    const history = await this.#loadHistory(tracks)
    if (!history.ok) return history
    const buffered = this.#buffer ?? []
    this.#buffer = undefined
    for (const [track, update] of buffered) this.#process(track, update)
    await delivered
    if (this.listed().size === 0) return err(`the stream delivers nothing: ${this.#problem}`)
    // A reconnection in the meantime may have missed frames.
    for (let seen = 1; seen < this.#link.connected; ) {
      seen = this.#link.connected
      await this.#repairAll()
    }
    if (this.#timers.stopped) return err('stopped')
    this.#starting = false
    this.#connected = this.#link.isUp
    this.#report(
      `started, ${history.value} candles of history${this.#tracks.describeMissing(this.#options.assets)}`,
      'info',
    )
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

  /** Resolves when every track has delivered, or after `firstDataMs`. */
  #firstData(): Promise<void> {
    const all = new Promise<void>((resolve) => {
      this.#allDeliver = resolve
    })
    if (this.#tracks.allDeliver) this.#allDeliver()
    return Promise.race([all, this.#timers.sleep(this.#timings.firstDataMs)])
  }

  /** Emits history, oldest first, asset by asset. @returns the number of candles */
  async #loadHistory(tracks: readonly Track[]): Promise<Result<number>> {
    const histories = await loadHistories(this.#startup, tracks, this.#options.historyCount ?? 1_000)
    if (!histories.ok) return histories
    this.#sampled(histories.value.sample)
    let total = 0
    for (const [index, track] of tracks.entries()) {
      // One asset per task, so that the event loop is not blocked for long.
      await this.#timers.sleep(0)
      const candles = histories.value.candles[index] ?? []
      track.guard.setInitialPrice(middleClose(candles))
      this.#delivery.candles(
        track,
        candles.map((candle) => ({ candle, origin: 'backfill' })),
      )
      track.chain.load(candles)
      total += candles.length
    }
    return ok(total)
  }

  #onUpdate(track: Track, update: KlineUpdate): void {
    this.#silence.delivered(track)
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
    const disconnects = this.#disconnects
    await this.#repairAll()
    // The link was lost again; the next reconnection handles it.
    if (this.#disconnects !== disconnects || this.#timers.stopped) return
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
    this.#disconnects++
    const wasConnected = this.#connected
    this.#connected = false
    if (!this.#starting) this.#report(wasConnected ? `link lost: ${reason}` : `no link yet: ${reason}`, 'warn')
  }

  #onShutdown(): void {
    const now = this.#options.clock.monotonic()
    // Limits the rate of new connections if the venue repeats the announcement.
    if (now - this.#shutdownAt < this.#timings.backoffFloorMs) return
    this.#shutdownAt = now
    this.#report('the venue is about to close this connection: opening another', 'info')
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

  #report(detail: string, level: Level): void {
    const { stale, all: problems } = this.#problems
    const ts = this.#options.clock.now()
    this.#listener?.({ kind: 'feed', ts, connected: this.#connected, stale, detail, level, problems })
  }
}
