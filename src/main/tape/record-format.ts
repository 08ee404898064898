import type { CandleFrame } from '../../shared/domain/slots.ts'

/** First byte of a record. */
export const KIND = { price: 1, book: 2, json: 3, candle: 4 } as const

/** A candle's second byte: index into this list, and the flag where it came as history. */
export const FRAMES: readonly CandleFrame[] = ['1m', '5m', '15m']
export const BACKFILL = 0x80
