import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { TradeColumns } from '../../src/shared/attribution/trade-columns.ts'
import { takerFee } from '../../src/shared/domain/money.ts'
import type { SettledTrade } from '../../src/shared/domain/trade.ts'

export const MONTH_START = Date.UTC(2026, 2, 1)
const WINDOW = 300_000

/** A seeded uniform number in 0 … 1. */
export function uniformOf(seed: number): () => number {
  const random = xoroshiro128plus(seed)
  return () => (random.next() >>> 0) / 2 ** 32
}

/** A trade with round figures: 10 shares at 0.5 without fees that won, unless said otherwise. */
export function trade(part: Partial<Record<keyof SettledTrade, unknown>> = {}): SettledTrade {
  const { won = true, ...rest } = part as { won?: boolean }
  const base = {
    position: 'P-1',
    strategy: 'snipe',
    slot: 'BTC-5m',
    windowId: `BTC-5m-${MONTH_START / 1000}`,
    side: 'up',
    openedAt: MONTH_START + 240_000,
    settledAt: MONTH_START + 320_000,
    shares: 10_000_000,
    cost: 5_000_000,
    fees: 0,
    outcome: won ? 'up' : 'down',
    pnl: won ? 5_000_000 : -5_000_000,
    sold: false,
    openedBy: 'v1',
    settledUnder: 'v1',
    deployment: 'D-1',
    regime: 'quiet-range',
    market: 'simulated',
    why: 'edge',
    latencyMs: 180,
    quote: 500_000,
    parts: null,
  }
  return { ...base, ...rest } as unknown as SettledTrade
}

/** Versions whose true chances are known: how often each wins at its price, beyond what the price says. */
export interface Truth {
  readonly version: string
  /** Price paid a share, 0 … 1. */
  readonly price: number
  /** True chance to win. */
  readonly chance: number
  readonly stakeUsd?: number
  readonly regime?: (window: number) => string
}

/**
 * Trades of one version over windows of several slots. Slots of a window move together: with `together` they share one
 * draw, so that what is independent is the window, not the trade.
 */
export function simulate(
  truth: Truth,
  of: {
    readonly windows: number
    readonly slots: number
    readonly seed: number
    readonly from?: number
    readonly together?: number
  },
): SettledTrade[] {
  const uniform = uniformOf(of.seed)
  const { version, price, chance, stakeUsd = 5 } = truth
  const trades: SettledTrade[] = []
  for (let window = 0; window < of.windows; window++) {
    const start = (of.from ?? MONTH_START) + window * WINDOW
    const shared = uniform()
    for (let slot = 0; slot < of.slots; slot++) {
      const draw = uniform() < (of.together ?? 0) ? shared : uniform()
      const won = draw < chance
      const shares = Math.floor((stakeUsd / price) * 1e6)
      const cost = Math.floor(shares * price)
      const fees = takerFee(Math.round(price * 1e6) as never, shares as never, 70_000)
      trades.push(
        trade({
          position: `P-${version}-${window}-${slot}`,
          windowId: `S${slot}-5m-${start / 1000}`,
          slot: `S${slot}-5m`,
          openedAt: start + 250_000,
          settledAt: start + WINDOW + 15_000 + slot,
          shares,
          cost,
          fees,
          pnl: (won ? shares : 0) - cost - fees,
          outcome: won ? 'up' : 'down',
          openedBy: version,
          settledUnder: version,
          regime: truth.regime?.(window) ?? 'quiet-range',
          quote: Math.round(price * 1e6) - 10_000,
        }),
      )
    }
  }
  return trades
}

export function columnsOf(trades: readonly SettledTrade[]): TradeColumns {
  const columns = new TradeColumns()
  for (const one of trades) columns.add(one)
  return columns
}
