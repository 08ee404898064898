import type { DeploymentId, VersionHash } from './ids.ts'
import type { Usd } from './money.ts'
import type { SlotId } from './slots.ts'

/** The engine's bounds (I12); no deployment can change them. Money in micro-USD. */
export interface Caps {
  readonly stakePerOrder: Usd
  readonly exposurePerWindow: Usd
  readonly exposurePerAsset: Usd
  readonly exposurePerAccount: Usd
  readonly ordersPerMinute: number
  readonly lossPerDay: Usd
}

/** A version in charge of a part of its strategy before it gets all of it. */
export interface Canary {
  readonly version: VersionHash
  readonly deployment: DeploymentId
  /** Of what it wants to stake, this much is staked, in millionths. */
  readonly stakePpm: number
}

/** What commands changed of the configuration; the newest of each name and subject holds. */
export type Setting =
  | { readonly name: 'caps'; readonly caps: Caps }
  /** A slot is traded by another strategy than the configuration says. */
  | { readonly name: 'assignment'; readonly slot: SlotId; readonly strategy: string }
  /** The part of a strategy that its canary has; null once it has none. */
  | {
      readonly name: 'canary'
      readonly strategy: string
      readonly canary: (Canary & { readonly slots: readonly SlotId[] }) | null
    }
