import type { SettledTrade, TradePart } from '../domain/trade.ts'

/** Names as numbers, in the order of their first appearance. */
class Names {
  readonly names: string[] = []
  private readonly ids = new Map<string, number>()

  idOf(name: string): number {
    const known = this.ids.get(name)
    if (known !== undefined) return known
    this.names.push(name)
    this.ids.set(name, this.names.length - 1)
    return this.names.length - 1
  }

  /** Index of a name; −1 for an unknown one. */
  find(name: string): number {
    return this.ids.get(name) ?? -1
  }
}

/** Dimensions by which trades can be grouped. */
export const DIMENSIONS = ['version', 'strategy', 'regime', 'slot', 'market', 'deployment'] as const
export type Dimension = (typeof DIMENSIONS)[number]

/** Numeric columns of a trade: money in micro-USD, shares in micro-shares, times in ms UTC. */
const NUMBERS = ['openedAt', 'settledAt', 'windowStart', 'shares', 'cost', 'fees', 'pnl', 'latencyMs', 'quote'] as const
type NumberColumn = (typeof NUMBERS)[number]

export const WON = 1
export const SOLD = 2
export const HANDED = 4
/** Flag: the window's outcome is known. */
export const DECIDED = 8
/** Flag: its side was the outcome. */
export const RIGHT = 16

function byDimension<T>(make: () => T): Record<Dimension, T> {
  return {
    version: make(),
    strategy: make(),
    regime: make(),
    slot: make(),
    market: make(),
    deployment: make(),
  }
}

/**
 * Settled trades in columns, about 120 bytes per trade, in order of settlement. A version's record is a scan over them: a
 * million trades take about 0.1 s.
 */
export class TradeColumns {
  count = 0
  readonly numbers: Record<NumberColumn, Float64Array>
  readonly ids: Record<Dimension, Uint32Array>
  flags = new Uint8Array(FIRST)
  readonly names: Record<Dimension, Names>
  /** Parts of trades that were handed over, by row. */
  readonly parts = new Map<number, readonly TradePart[]>()

  constructor() {
    const numbers = () => new Float64Array(FIRST)
    this.numbers = {
      openedAt: numbers(),
      settledAt: numbers(),
      windowStart: numbers(),
      shares: numbers(),
      cost: numbers(),
      fees: numbers(),
      pnl: numbers(),
      latencyMs: numbers(),
      quote: numbers(),
    }
    this.ids = byDimension(() => new Uint32Array(FIRST))
    this.names = byDimension(() => new Names())
  }

  /** Adds a trade; trades must be added in order of settlement. */
  add(trade: SettledTrade): void {
    if (this.count === this.flags.length) this.grow()
    const row = this.count++
    const { numbers, ids, names } = this
    for (const key of NUMBERS)
      numbers[key][row] = key === 'windowStart' ? windowStartOf(trade) : (trade[key] ?? Number.NaN)
    const group: Record<Dimension, string> = {
      version: trade.openedBy,
      strategy: trade.strategy,
      regime: trade.regime,
      slot: trade.slot,
      market: trade.market,
      deployment: trade.deployment ?? '',
    }
    for (const key of DIMENSIONS) ids[key][row] = names[key].idOf(group[key])
    const { pnl, sold, parts, outcome, side } = trade
    this.flags[row] =
      (pnl > 0 ? WON : 0) |
      (sold ? SOLD : 0) |
      (parts === null ? 0 : HANDED) |
      (outcome === null ? 0 : DECIDED) |
      (outcome === side ? RIGHT : 0)
    if (parts === null) return
    this.parts.set(row, parts)
    // Every owner of a part has a row of its own.
    for (const { owner } of parts) names.version.idOf(owner)
  }

  private grow(): void {
    const size = this.count * 2
    for (const key of NUMBERS) this.numbers[key] = wider(this.numbers[key], new Float64Array(size))
    for (const key of DIMENSIONS) this.ids[key] = wider(this.ids[key], new Uint32Array(size))
    this.flags = wider(this.flags, new Uint8Array(size))
  }
}

const FIRST = 1024

function wider<T extends Float64Array | Uint32Array | Uint8Array>(old: T, fresh: T): T {
  fresh.set(old)
  return fresh
}

/** Start of a window, which ends its id, in seconds. */
function windowStartOf({ windowId }: SettledTrade): number {
  return Number(windowId.slice(windowId.lastIndexOf('-') + 1)) * 1000
}
