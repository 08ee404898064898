import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Comparison } from '../../shared/attribution/compare.ts'
import type { OverfitGauge } from '../../shared/attribution/overfit.ts'
import type { Dimension } from '../../shared/attribution/trade-columns.ts'
import type { AttributionRow } from '../../shared/ipc/desk-view.ts'

/** Dimensions that the table has one record for each combination of. */
export const GROUPINGS = {
  version: ['version', 'market'],
  regime: ['version', 'regime', 'market'],
  slot: ['version', 'slot', 'market'],
} as const satisfies Record<string, readonly Dimension[]>
export type Grouping = keyof typeof GROUPINGS

/** Length in hours of the period in which trades settled; null = all time. */
export const PERIODS = { day: 24, week: 168, all: null } as const
export type Period = keyof typeof PERIODS

/** Columns that the table can be sorted by. */
export type SortKey = 'name' | 'trades' | 'winRate' | 'breakEven' | 'edge' | 'pnl' | 'sharpe' | 'psr' | 'drawdown'

export interface AttributionState {
  readonly grouping: Grouping
  readonly period: Period
  /** Words that a record's name must contain. */
  readonly search: string
  readonly sort: { readonly key: SortKey; readonly descends: boolean }
  /** Null until the first answer. */
  readonly rows: readonly AttributionRow[] | null
  /** Message of the failed request. */
  readonly error: string | null
  /** Key of the chosen record. */
  readonly chosen: string | null
  /** Hash of the version that the chosen record is compared with. */
  readonly baseline: string | null
  /** Compares only before and after this swap, Unix ms; null = all trades of both. */
  readonly swappedAt: number | null
  /** Unit in which both sides of the comparison have the same length. */
  readonly equalLengthBy: 'trades' | 'time'
  readonly comparison: Comparison | null
  /** By strategy. */
  readonly gauges: Readonly<Record<string, OverfitGauge>>
}

export type AttributionStore = StoreApi<AttributionState>

export function createAttributionStore(): AttributionStore {
  return createStore<AttributionState>(() => ({
    grouping: 'version',
    period: 'all',
    search: '',
    sort: { key: 'pnl', descends: true },
    rows: null,
    error: null,
    chosen: null,
    baseline: null,
    swappedAt: null,
    equalLengthBy: 'trades',
    comparison: null,
    gauges: {},
  }))
}

/** Identifies a record. */
export function recordKey({ of }: { of: { [D in keyof AttributionRow['of']]?: string | undefined } }): string {
  return [of.version, of.regime, of.slot, of.market].join(' ')
}

const FIGURES: Readonly<Record<Exclude<SortKey, 'name'>, (row: AttributionRow) => number | null>> = {
  trades: ({ figures }) => figures.trades,
  winRate: ({ figures }) => figures.winRate,
  breakEven: ({ figures }) => figures.breakEven,
  edge: ({ figures }) => figures.edge,
  pnl: ({ figures }) => figures.pnl,
  sharpe: ({ figures }) => figures.sharpeTrade,
  psr: ({ figures }) => figures.probabilisticSharpe,
  drawdown: ({ figures }) => figures.drawdown,
}

/** Shown name of a record: its version and its other dimensions. */
export function recordName({ version, of }: AttributionRow): string {
  return [version?.label ?? of.version ?? '', of.regime, of.slot, of.market]
    .filter((part) => part !== undefined && part !== '')
    .join(' · ')
}

/** Records that match the search, sorted; those without a value of the sort column come last in both directions. */
export function visibleRows({
  rows,
  search,
  sort,
}: Pick<AttributionState, 'rows' | 'search' | 'sort'>): readonly AttributionRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const found = (rows ?? []).filter((row) => {
    const name = recordName(row).toLowerCase()
    return words.every((word) => name.includes(word))
  })
  const sign = sort.descends ? -1 : 1
  if (sort.key === 'name') return found.toSorted((a, b) => sign * byName(a, b))
  const figure = FIGURES[sort.key]
  return found.toSorted((a, b) => {
    const [x, y] = [figure(a), figure(b)]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return sign * (x - y)
  })
}

function byName(a: AttributionRow, b: AttributionRow): number {
  const [x, y] = [a.version, b.version]
  return (
    (x?.strategy ?? '').localeCompare(y?.strategy ?? '') ||
    (x?.number ?? 0) - (y?.number ?? 0) ||
    recordName(a).localeCompare(recordName(b))
  )
}
