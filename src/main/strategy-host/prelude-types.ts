import type { ViewData } from './view-maker.ts'

/** Default export of a strategy's bundle, before it is checked. */
export interface Definition {
  name: unknown
  params?: Record<string, unknown>
  history?: Record<string, unknown>
  wake?: unknown
  initialState?: unknown
  migrate?: unknown
  migrateBack?: unknown
  decide?: unknown
}

/** A slot's view, the data behind it, and the state that its strategy returned last. */
export interface EvaluatedSlot {
  readonly data: ViewData
  readonly view: object
  json: string
  state: unknown
  /** Reason of the last decision. */
  why: string | null
}
/** Candle columns that grow in place. */
export interface Series {
  readonly openTime: number[]
  readonly open: number[]
  readonly high: number[]
  readonly low: number[]
  readonly close: number[]
  readonly volume: number[]
  end: number
}
