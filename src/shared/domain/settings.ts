import type { DeploymentId, VersionHash } from './ids.ts'
import type { Usd } from './money.ts'
import type { SlotId } from './slots.ts'

/** Caps (I12); no deployment can change them. Money in micro-USD. */
export interface Caps {
  readonly stakePerOrder: Usd
  readonly exposurePerWindow: Usd
  readonly exposurePerAsset: Usd
  readonly exposurePerAccount: Usd
  readonly ordersPerMinute: number
  readonly lossPerDay: Usd
}

/** A version that trades a part of its strategy's slots or stake. */
export interface Canary {
  readonly version: VersionHash
  readonly deployment: DeploymentId
  /** Part of the requested stake that is used, in millionths. */
  readonly stakePpm: number
}

/** A change of the configuration by a command; the newest of each name and subject applies. */
export type Setting =
  | { readonly name: 'caps'; readonly caps: Caps }
  /** Assigns a slot to a strategy, overriding the configuration. */
  | { readonly name: 'assignment'; readonly slot: SlotId; readonly strategy: string }
  /** The canary of a strategy; null once it has ended. */
  | {
      readonly name: 'canary'
      readonly strategy: string
      readonly canary: (Canary & { readonly slots: readonly SlotId[] }) | null
    }
