import type { CandleFrame, Side } from '../../../shared/domain/slots.ts'
import type { FileReport } from '../../../shared/file-report.ts'
import type { BookLevel } from '../book-body.ts'
import type { CandleFields } from '../record-writer.ts'

/** A record on its way into a tape; assets and slots still by name, times in ms. */
export type TapeRecord =
  | {
      readonly kind: 'price'
      readonly ts: number
      readonly asset: string
      readonly tsVenue: number
      readonly price: number
      readonly volume: number
    }
  | {
      readonly kind: 'book'
      readonly ts: number
      readonly slot: string
      /** Seconds. */
      readonly windowStart: number
      /** Micro-USD. */
      readonly tick: number
      readonly bids: readonly BookLevel[]
      readonly asks: readonly BookLevel[]
    }
  | {
      readonly kind: 'candle'
      readonly ts: number
      readonly asset: string
      readonly frame: CandleFrame
      readonly candle: CandleFields
    }
  | { readonly kind: 'json'; readonly ts: number; readonly value: MarketRecord }

/** What was known of a window, at the time it could be known. */
export interface MarketRecord {
  readonly kind: 'market'
  readonly ts: number
  readonly slot: string
  readonly windowId: string
  /** ms */
  readonly start: number
  readonly end: number
  /** USD; null while, or where, it is not known. */
  readonly strike: number | null
  readonly outcome: Side | null
  readonly source: string
}

/** One file, or the candles of several, as records in order of time. */
export interface Source {
  /** Of the tape's header. */
  readonly feed: string | null
  readonly settlement: string | null
  readonly notices: readonly string[]
  readonly unlabelledBooks: boolean
  /** Throws what the file system, or a file that is cut, objects to. */
  records(): AsyncGenerator<readonly TapeRecord[]>
  /** Complete once `records` is. */
  reports(): readonly FileReport[]
}
