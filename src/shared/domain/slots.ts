import { type Brand, invariant } from './base.ts'
import { MINUTE, type UnixMs, unixMs } from './time.ts'

export const TIMEFRAMES = ['5m', '15m'] as const
/** Length of a slot's windows. */
export type Timeframe = (typeof TIMEFRAMES)[number]
/** Length of a candle: the windows' own lengths and one minute. */
export type CandleFrame = '1m' | Timeframe

/** Upper-case ticker of the underlying: `BTC`. */
export type Asset = Brand<string, 'Asset'>
/** asset × timeframe: `BTC-5m`. */
export type SlotId = Brand<string, 'SlotId'>
/** The venue's slug of one window's market: `btc-updown-5m-1680382800` (start in seconds). */
export type WindowId = Brand<string, 'WindowId'>

export interface Slot {
  readonly id: SlotId
  readonly asset: Asset
  readonly timeframe: Timeframe
}

/** One interval of a slot: `start` inclusive, `end` exclusive, both on the UTC grid. */
export interface Window {
  readonly id: WindowId
  readonly slot: SlotId
  readonly start: UnixMs
  readonly end: UnixMs
}

/** A binary market's two outcomes. */
export type Side = 'up' | 'down'

const FRAME_MS: Readonly<Record<CandleFrame, number>> = { '1m': MINUTE, '5m': 5 * MINUTE, '15m': 15 * MINUTE }

export function frameMs(frame: CandleFrame): number {
  return FRAME_MS[frame]
}

export function asset(name: string): Asset {
  invariant(/^[A-Z0-9]{2,10}$/.test(name), `not an asset: ${name}`)
  return name as Asset
}

export function makeSlot(of: Asset, timeframe: Timeframe): Slot {
  return { id: `${of}-${timeframe}` as SlotId, asset: of, timeframe }
}

/** Reads `BTC-5m`; undefined when it is not a slot's name. */
export function parseSlot(text: string): Slot | undefined {
  const match = /^([A-Z0-9]{2,10})-(5m|15m)$/.exec(text)
  if (match?.[1] === undefined) return undefined
  return makeSlot(asset(match[1]), match[2] === '5m' ? '5m' : '15m')
}

/** Each slot's window that was asked for last: engine and market ask for the same one, and names take time to make. */
const LAST_WINDOW = new WeakMap<Slot, Window>()

/** The window of `slot` that holds `ts`. */
export function windowAt(slot: Slot, ts: UnixMs): Window {
  const last = LAST_WINDOW.get(slot)
  if (last !== undefined && ts >= last.start && ts < last.end) return last
  const length = FRAME_MS[slot.timeframe]
  const start = ts - (ts % length)
  const id = `${slot.asset.toLowerCase()}-updown-${slot.timeframe}-${start / 1000}` as WindowId
  const window: Window = { id, slot: slot.id, start: unixMs(start), end: unixMs(start + length) }
  LAST_WINDOW.set(slot, window)
  return window
}

export function otherSide(side: Side): Side {
  return side === 'up' ? 'down' : 'up'
}

const DEFAULT_ASSETS = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'AVAX', 'LINK', 'MATIC'] as const

/** The default 16: eight assets at 5 minutes, then the same at 15. */
export function defaultSlots(): Slot[] {
  return TIMEFRAMES.flatMap((timeframe) => DEFAULT_ASSETS.map((name) => makeSlot(asset(name), timeframe)))
}
