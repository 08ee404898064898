import { type Brand, invariant } from './base.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from './time.ts'

export const TIMEFRAMES = ['5m', '15m'] as const
/** Length of a slot's windows. */
export type Timeframe = (typeof TIMEFRAMES)[number]
/** Length of a candle: one minute, or a timeframe. */
export type CandleFrame = '1m' | Timeframe

/** Upper-case ticker of the underlying: `BTC`. */
export type Asset = Brand<string, 'Asset'>
/** asset × timeframe: `BTC-5m`. */
export type SlotId = Brand<string, 'SlotId'>
/** Id of one window: `btc-updown-5m-1680382800` (start in seconds). */
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

/** The two outcomes of a window. */
export type Side = 'up' | 'down'

const FRAME_MS: Readonly<Record<CandleFrame, number>> = { '1m': MINUTE, '5m': 5 * MINUTE, '15m': 15 * MINUTE }

export function frameMs(frame: CandleFrame): number {
  return FRAME_MS[frame]
}

export function asset(name: string): Asset {
  invariant(/^[A-Z0-9]{2,10}$/.test(name), `not an asset: ${name}`)
  return name as Asset
}

export function makeSlot(asset: Asset, timeframe: Timeframe): Slot {
  return { id: `${asset}-${timeframe}` as SlotId, asset, timeframe }
}

/** Parses `BTC-5m`; undefined for anything else. */
export function parseSlot(text: string): Slot | undefined {
  const match = /^([A-Z0-9]{2,10})-(5m|15m)$/.exec(text)
  if (match?.[1] === undefined) return undefined
  return makeSlot(asset(match[1]), match[2] === '5m' ? '5m' : '15m')
}

/** Last window returned for each slot: consecutive calls mostly ask for the same one, and building its id takes time. */
const LAST_WINDOW = new WeakMap<Slot, Window>()

/** The window of `slot` that contains `ts`. */
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

/** Name of a window's slot by the window's id: `BTC-5m`. */
export function slotIn(windowId: WindowId): string {
  const [asset = '', , timeframe = ''] = windowId.split('-')
  return `${asset.toUpperCase()}-${timeframe}`
}

/** Start of a window by its id, ms UTC. */
export function startOf(windowId: WindowId): number {
  return Number(windowId.slice(windowId.lastIndexOf('-') + 1)) * SECOND
}

export function otherSide(side: Side): Side {
  return side === 'up' ? 'down' : 'up'
}

const DEFAULT_ASSETS = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'AVAX', 'LINK', 'MATIC'] as const

/** The default 16: eight assets at 5 minutes, then the same at 15. */
export function defaultSlots(): Slot[] {
  return TIMEFRAMES.flatMap((timeframe) => DEFAULT_ASSETS.map((name) => makeSlot(asset(name), timeframe)))
}
