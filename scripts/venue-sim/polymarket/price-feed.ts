import type { Faults } from './faults.ts'
import { decimal, type SettlementFeed } from './feed.ts'
import { chance } from './identity.ts'

/** One second of a price. */
export interface Stamp {
  readonly asset: string
  /** Unix ms of the second. */
  readonly timestamp: number
  readonly value: number
  /** In units of 10^-places. */
  readonly exact: bigint
  readonly places: 8 | 18
}

export interface StampContext {
  readonly feed: SettlementFeed
  readonly faults: Faults
  readonly assets: readonly string[]
  readonly seed: number
  /** Share of all seconds that the feed leaves out. */
  readonly missingSeconds: number
  /** Market time from a second to its arrival. */
  readonly lagMs: number
  now(): number
}

/** Seconds of the settlement source as the price services see them: late, and some not at all. */
export class Stamps {
  readonly #context: StampContext

  constructor(context: StampContext) {
    this.#context = context
  }

  get assets(): readonly string[] {
    return this.#context.assets
  }

  /** Market time at which the stamp of a second is sent. */
  arrival(second: number): number {
    return second * 1000 + this.#context.lagMs
  }

  /** The newest second whose stamp has arrived by `time`. */
  newest(time: number): number {
    return Math.floor((time - this.#context.lagMs) / 1000)
  }

  spot(asset: string, second: number): Stamp | undefined {
    if (this.#isMissing(asset, second)) return undefined
    const exact = this.#context.feed.spot(asset, second)
    return { asset, timestamp: second * 1000, value: Number(exact) / 1e8, exact, places: 8 }
  }

  twap(asset: string, second: number): Stamp | undefined {
    if (this.#isMissing(asset, second)) return undefined
    const exact = this.#context.feed.twap(asset, second)
    return { asset, timestamp: second * 1000, value: Number(exact) / 1e18, exact, places: 18 }
  }

  #isMissing(asset: string, second: number): boolean {
    const { faults, missingSeconds, seed } = this.#context
    return faults.isLost(asset, second) || chance(`${seed}${asset}missing${second}`) < missingSeconds
  }
}

export const decimalText = ({ exact, places }: Stamp): string => decimal(exact, places)
