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

/** Cumulated profit of one version, a point a settled trade. */
/** How each version's profit came about, with what happened meanwhile. */
export interface ProfitHistory {
  readonly series: readonly PnlSeries[]
  readonly deployments: readonly DeploymentLine[]
  /** Times for which deployments were frozen; null = they still are. */
  readonly freezes: readonly { readonly from: number; readonly to: number | null }[]
}

export interface PnlSeries {
  readonly version: VersionRef
  readonly points: readonly { readonly ts: number; readonly pnl: Usd }[]
}
