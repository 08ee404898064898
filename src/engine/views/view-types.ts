import type { VersionHash } from '../../shared/domain/ids.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { CancelIntent, EnterIntent, ExitIntent, OrderView } from '../strategy-api/baton.ts'

/** A view without its candles, as plain data sent to a worker as JSON. */
export interface SlotView {
  readonly slot: SlotId
  readonly asset: string
  readonly timeframe: string
  readonly row: readonly (number | null)[]
  readonly positionId: string | null
  readonly orders: readonly OrderView[]
  /** Strategy state for this slot as JSON. */
  readonly state: string
  readonly revision: number
}

/** Result of one `decide` call, validated on arrival. */
export interface SlotDecision {
  readonly slot: SlotId
  readonly intents: readonly (EnterIntent | ExitIntent | CancelIntent)[]
  readonly why: string
  /** New state as JSON; null when it is unchanged. */
  readonly state: string | null
}

/** A strategy's own declarations. */
export interface StrategyManifest {
  readonly name: string
  readonly params: Readonly<Record<string, number | string | boolean>>
  readonly history: { readonly '1m': number; readonly '5m': number; readonly '15m': number }
  readonly wake: readonly number[]
  readonly hasMigrate: boolean
  readonly hasMigrateBack: boolean
}

/** A version that can be evaluated. */
export interface LiveVersion {
  readonly hash: VersionHash
  readonly label: string
  readonly manifest: StrategyManifest
}
