import type { Shares, Usd } from './money.ts'
import type { Asset, Side, SlotId, WindowId } from './slots.ts'
import type { VersionRef } from './versions.ts'

/** Results of a version over a part of a tape. Profit counts settled positions, after fees. */
export interface ReplayStats {
  readonly decisions: number
  readonly orders: number
  readonly fills: number
  /** Settled positions. */
  readonly trades: number
  readonly wins: number
  readonly winRate: number | null
  /** Win rate at which the prices and fees paid earn nothing. */
  readonly breakEven: number | null
  /** Cash spent on entries, fees not included. */
  readonly stake: Usd
  readonly pnl: Usd
  readonly fees: Usd
  /** Mean profit of a trade over its standard deviation, in money; its sign is that of the profit. Null with too few. */
  readonly sharpe: number | null
  /** Largest fall of realised profit from a peak. */
  readonly maxDrawdown: Usd
  /** Most orders within one minute. */
  readonly peakOrdersPerMinute: number
  readonly faults: number
  /** Refused intents. */
  readonly refused: number
  readonly openPositions: number
}

export interface ReplayTrade {
  readonly slot: SlotId
  readonly windowId: WindowId
  readonly side: Side
  readonly openedAt: number
  readonly settledAt: number | null
  readonly shares: Shares
  readonly cost: Usd
  readonly fees: Usd
  readonly pnl: Usd | null
  readonly outcome: Side | null
  readonly regime: string
  readonly why: string
}

/** A replay started by hand. The newest 20 are kept in memory. */
export interface ReplayRow {
  readonly id: string
  readonly strategy: string
  readonly version: VersionRef
  readonly tape: string
  readonly state: 'running' | 'done' | 'partial' | 'failed'
  readonly startedAt: number
  readonly endedAt: number | null
  /** 0 … 1 of the tape. */
  readonly progress: number
  readonly from: number
  readonly to: number
  /** Market time reached. */
  readonly reached: number
  readonly slots: readonly SlotId[]
  readonly notices: readonly string[]
  readonly stats: ReplayStats | null
  /** The live version on the same tape and slots; null without one. */
  readonly live: { readonly version: VersionRef; readonly stats: ReplayStats | null } | null
  readonly decisionsPerSecond: number | null
  /** Why it failed or ended early. */
  readonly reason: string | null
}

/** A tape that can be replayed: the desk's own recordings, or an imported tape. */
export interface TapeEntry {
  /** `own`, or the name of an imported tape. */
  readonly id: string
  readonly title: string
  readonly from: number
  readonly to: number
  readonly bytes: number
  readonly assets: readonly Asset[]
  readonly slots: readonly SlotId[]
  /** Notices for results on it. */
  readonly notices: readonly string[]
}

export type ReplayStart = { readonly ok: true; readonly id: string } | { readonly ok: false; readonly error: string }
