import type { Resolution } from './exchange.ts'
import { type Faults, other } from './faults.ts'
import type { SettlementFeed } from './feed.ts'
import { chance, type MarketWindow, type Outcome } from './identity.ts'

/** What is right: strikes, outcomes and when they become known. */
export class Truth {
  readonly #feed: SettlementFeed
  readonly #faults: Faults
  readonly #resolveAfterMs: number | undefined
  readonly #recorded = new Map<string, Outcome>()

  /** @param resolveAfterMs market time from the end to the resolution; undefined for 15 to 85 s */
  constructor(feed: SettlementFeed, faults: Faults, resolveAfterMs: number | undefined) {
    this.#feed = feed
    this.#faults = faults
    this.#resolveAfterMs = resolveAfterMs
  }

  /** The outcome of a recorded window, which the candles do not decide. */
  record(slug: string, outcome: Outcome): void {
    this.#recorded.set(slug, outcome)
  }

  /** TWAP stamped with the start, in units of 1e-18 USD. */
  strike(window: MarketWindow): bigint {
    return this.#feed.twap(window.asset, window.startMs / 1000)
  }

  final(window: MarketWindow): bigint {
    return this.#feed.twap(window.asset, window.endMs / 1000)
  }

  /** A tie is Up. */
  outcome(window: MarketWindow): Outcome {
    return this.#recorded.get(window.slug) ?? (this.final(window) >= this.strike(window) ? 'Up' : 'Down')
  }

  /** What Gamma and the CLOB's market pay out. */
  resolution(window: MarketWindow): Resolution {
    return this.#faults.resolution(window).winner ?? this.outcome(window)
  }

  /** What the market channel says; undefined when it does not tell. */
  announced(window: MarketWindow, winner: Resolution): Outcome | undefined {
    const { contradictory, silent } = this.#faults.resolution(window)
    if (silent === true || winner === 'split') return undefined
    return contradictory === true ? other(winner) : winner
  }

  resolveAfterMs(window: MarketWindow): number {
    const fault = this.#faults.resolution(window).afterMs
    if (fault !== undefined) return fault
    return this.#resolveAfterMs ?? Math.round(15_000 + 70_000 * chance(`${window.slug}resolution`) ** 3)
  }
}
