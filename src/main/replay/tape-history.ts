import type { Candle } from '../../shared/domain/feed.ts'
import type { Asset } from '../../shared/domain/slots.ts'

/** Closed one-minute candles from before a tape begins, oldest first. */
export type History = ReadonlyMap<Asset, readonly Candle[]>
