import type { Usd } from '../domain/money.ts'
import type { CandleFrame, Side, SlotId } from '../domain/slots.ts'
import type { VersionRef } from '../domain/versions.ts'

/** [openTime, open, high, low, close, volume] */
export type CandleTuple = readonly [number, number, number, number, number, number]

export interface TradeMark {
  readonly ts: number
  readonly side: Side
  readonly kind: 'enter' | 'exit' | 'win' | 'loss'
  readonly version: VersionRef
  readonly text: string
}

export interface DeploymentLine {
  readonly ts: number
  readonly version: VersionRef
}

export interface ChartData {
  readonly slot: SlotId
  readonly frame: CandleFrame
  readonly candles: readonly CandleTuple[]
  readonly marks: readonly TradeMark[]
  readonly lines: readonly DeploymentLine[]
}

/** Profit of all versions over time, with deployments and freezes. */
export interface ProfitHistory {
  readonly series: readonly PnlSeries[]
  readonly deployments: readonly DeploymentLine[]
  /** Periods in which deployments were frozen; `to` null = still frozen. */
  readonly freezes: readonly { readonly from: number; readonly to: number | null }[]
}

/** Cumulative profit of one version, one point per settled trade. */
export interface PnlSeries {
  readonly version: VersionRef
  readonly points: readonly { readonly ts: number; readonly pnl: Usd }[]
}
