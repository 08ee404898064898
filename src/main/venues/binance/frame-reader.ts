import type { FrameQuality } from './frame-quality.ts'
import { type BinanceFeedOptions, symbolOf } from './options.ts'
import type { Level } from './problems.ts'
import { type KlineUpdate, parseFrame, type TradeUpdate } from './schema.ts'
import type { Track } from './track.ts'
import type { TrackBook } from './track-book.ts'

export interface FrameReaderParts {
  readonly options: BinanceFeedOptions
  readonly quality: FrameQuality
  readonly tracks: () => TrackBook
  readonly onUpdate: (track: Track, update: KlineUpdate) => void
  readonly onTrade: (track: Track, update: TradeUpdate) => void
  /** The venue announced that it will close the connection. */
  readonly onShutdown: () => void
  readonly report: (detail: string, level: Level) => void
}

/** Parses the stream's frames, counts unreadable ones and passes on candle updates of followed assets. */
export class FrameReader {
  readonly #parts: FrameReaderParts
  #count = 0

  constructor(parts: FrameReaderParts) {
    this.#parts = parts
  }

  /** Number of frames so far. */
  get count(): number {
    return this.#count
  }

  read(text: string): void {
    const { options, quality, tracks, onShutdown, report } = this.#parts
    options.onFrame?.(text)
    this.#count++
    const frame = parseFrame(text)
    if (!frame.ok) {
      const { symbol = '', message } = frame.error
      const track = tracks().get(symbol)
      return quality.unreadable(track, track === undefined ? message : `${track.asset}: ${message}`)
    }
    switch (frame.value.kind) {
      case 'kline':
        return this.#onKline(frame.value.update)
      case 'trade':
        return this.#onTrade(frame.value.update)
      case 'shutdown':
        return onShutdown()
      case 'error':
        return report(`the venue reports an error: ${frame.value.message}`, 'warn')
      case 'ack':
        return
    }
  }

  /** Trades of symbols that are not followed yet, or not any more, are ignored. */
  #onTrade(update: TradeUpdate): void {
    const { tracks, onTrade } = this.#parts
    const track = tracks().get(update.symbol)
    if (track !== undefined && !tracks().isAhead(update.eventTime)) onTrade(track, update)
  }

  #onKline(update: KlineUpdate): void {
    const { options, quality, tracks, onUpdate } = this.#parts
    const track = tracks().get(update.symbol)
    if (track === undefined) {
      // Streams are requested for all configured assets, before it is known which of them trade.
      const isConfigured = options.assets.some((asset) => symbolOf(asset) === update.symbol)
      return isConfigured ? undefined : quality.unreadable(undefined, `not requested: ${update.symbol}`)
    }
    if (tracks().isAhead(update.eventTime)) {
      const reason = `${track.asset}: event time far ahead of the market: ${update.eventTime}`
      return quality.unreadable(track, reason)
    }
    quality.readable(track)
    onUpdate(track, update)
  }
}
