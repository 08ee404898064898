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

  /** −1 for one that never appeared. */
  find(name: string): number {
    return this.ids.get(name) ?? -1
  }
}

/** What trades are grouped by. */
export const DIMENSIONS = ['version', 'strategy', 'regime', 'slot', 'market', 'deployment'] as const
export type Dimension = (typeof DIMENSIONS)[number]

/** Figures of a trade, a column each; money in micro-USD, shares in micro-shares, times in ms UTC. */
const NUMBERS = ['openedAt', 'settledAt', 'windowStart', 'shares', 'cost', 'fees', 'pnl', 'latencyMs', 'quote'] as const
type NumberColumn = (typeof NUMBERS)[number]

export const WON = 1
export const SOLD = 2
export const HANDED = 4
/** Its window's outcome is known. */
export const DECIDED = 8
/** Its side was the outcome. */
export const RIGHT = 16

/**
 * Settled trades in columns, 120 bytes or so a trade, in the order in which they settled. A version's record is a scan over
 * them: a million trades take a tenth of a second.
 */
export class TradeColumns {
  count = 0
  readonly numbers: Record<NumberColumn, Float64Array>
  readonly ids: Record<Dimension, Uint32Array>
  flags = new Uint8Array(FIRST)
  readonly names: Record<Dimension, Names>
  /** Of those that were handed over, by row. */
  readonly parts = new Map<number, readonly TradePart[]>()

  constructor() {
    const number = () => new Float64Array(FIRST)
    this.numbers = {
      openedAt: number(),
      settledAt: number(),
      windowStart: number(),
      shares: number(),
      cost: number(),
      fees: number(),
      pnl: number(),
      latencyMs: number(),
      quote: number(),
    }
    const id = () => new Uint32Array(FIRST)
    this.ids = { version: id(), strategy: id(), regime: id(), slot: id(), market: id(), deployment: id() }
    const name = () => new Names()
    this.names = { version: name(), strategy: name(), regime: name(), slot: name(), market: name(), deployment: name() }
  }

  /** Trades must come in the order in which they settled. */
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
    // Whoever ever owned something has a line of its own.
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

/** The id ends with the second at which the window began. */
function windowStartOf({ windowId }: SettledTrade): number {
  return Number(windowId.slice(windowId.lastIndexOf('-') + 1)) * 1000
}
