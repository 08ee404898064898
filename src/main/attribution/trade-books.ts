import { type Comparison, compare } from '../../shared/attribution/compare.ts'
import { type OverfitGauge, overfitGauge } from '../../shared/attribution/overfit.ts'
import { recordsBy, rowsOf, type TradeFilter, type TradeRecord } from '../../shared/attribution/records.ts'
import { Tally } from '../../shared/attribution/tally.ts'
import { type Dimension, HANDED, TradeColumns, WON } from '../../shared/attribution/trade-columns.ts'
import type { Usd } from '../../shared/domain/money.ts'
import { usd } from '../../shared/domain/money.ts'
import { DAY } from '../../shared/domain/time.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import type { PnlSeries } from '../../shared/ipc/chart-view.ts'
import { countOrders, lastMoment, type OrderCounts, readTinkering, timeLiveByVersion } from '../db/attribution.ts'
import type { ReadableDb } from '../db/db.ts'
import { readShadowTrades, readTrades, timesRewritten } from '../db/trades.ts'

/** What the journal holds about a version besides its trades. */
export interface VersionLife extends OrderCounts {
  /** Milliseconds for which it was live, or a canary. */
  readonly liveMs: number
  readonly decisions: number
  readonly faults: number
}

/** All settled trades of a journal, cached: a refresh reads only what has settled since. */
export class TradeBooks {
  columns = new TradeColumns()
  private readonly db: ReadableDb
  private rewritten = 0
  /** Row numbers up to which trades, and trades of shadows, have been read. */
  private readUpTo = 0
  private shadowsUpTo = 0

  constructor(db: ReadableDb) {
    this.db = db
  }

  /** Reads what has settled since the last time. @returns how many trades that were */
  refresh(): number {
    let count = 0
    const rewritten = timesRewritten(this.db)
    if (rewritten !== this.rewritten) {
      // A fill of a cached trade has failed since, so the cache is rebuilt.
      this.rewritten = rewritten
      this.columns = new TradeColumns()
      this.readUpTo = 0
      this.shadowsUpTo = 0
    }
    for (const { row, trade } of readTrades(this.db, this.readUpTo)) {
      this.columns.add(trade)
      this.readUpTo = row
      count++
    }
    for (const { row, trade } of readShadowTrades(this.db, this.shadowsUpTo)) {
      this.columns.add(trade)
      this.shadowsUpTo = row
      count++
    }
    return count
  }

  records(by: readonly Dimension[], filter: TradeFilter): readonly TradeRecord[] {
    this.refresh()
    return recordsBy(this.columns, by, filter)
  }

  /** Markets that trades were made in, shadows' not among them, the one of the newest trade first. */
  markets(): readonly string[] {
    this.refresh()
    const { names } = this.columns.names.market
    const newest = (market: string) => [...rowsOf(this.columns, { market })].at(-1) ?? -1
    return names.filter((name) => name !== 'shadow').toSorted((a, b) => newest(b) - newest(a))
  }

  /** Fills, time live, decisions and faults, by version. */
  lives(): ReadonlyMap<string, VersionLife> {
    const orders = countOrders(this.db)
    const none = { entries: 0, filled: 0, missed: 0, fillRate: null }
    return new Map(
      [...timeLiveByVersion(this.db, lastMoment(this.db))].map(([hash, life]) => [
        hash,
        { ...none, ...orders.get(hash), ...life },
      ]),
    )
  }

  compare(before: TradeFilter, after: TradeFilter, by: Comparison['by'], seed?: number): Comparison {
    this.refresh()
    return compare(this.columns, before, after, by, seed)
  }

  /**
   * Cumulated profit of each version over the trades that it opened and kept, a point each, no more points than a chart
   * can show: it ends at the profit of the version's record.
   */
  profit(market: string, refOf: (hash: string) => VersionRef | null): PnlSeries[] {
    this.refresh()
    const { columns } = this
    const lines = new Map<number, { ts: number; pnl: Usd }[]>()
    for (const row of rowsOf(columns, { market })) {
      if (((columns.flags[row] ?? 0) & HANDED) !== 0) continue
      const version = columns.ids.version[row] ?? 0
      const line = lines.get(version) ?? []
      lines.set(version, line)
      line.push({
        ts: columns.numbers.settledAt[row] ?? 0,
        pnl: usd((line.at(-1)?.pnl ?? 0) + (columns.numbers.pnl[row] ?? 0)),
      })
    }
    return [...lines].flatMap(([id, points]) => {
      const version = refOf(columns.names.version.names[id] ?? '')
      return version === null ? [] : [{ version, points: thinned(points) }]
    })
  }

  /** How much of a strategy's record may be due to many trials. */
  gauge(strategy: string, market: string, live: string | null): OverfitGauge {
    this.refresh()
    const { columns } = this
    const { versionsTried, ratios, deployments, promises } = readTinkering(this.db, strategy)
    const tally = new Tally()
    const byDeployment = new Map<string, { pnl: number; cost: number }>()
    const settled: { at: number; lost: boolean }[] = []
    for (const row of rowsOf(columns, { strategy, market })) {
      const flags = columns.flags[row] ?? 0
      settled.push({ at: columns.numbers.settledAt[row] ?? 0, lost: (flags & WON) === 0 })
      if ((flags & HANDED) !== 0) continue
      if (columns.names.version.names[columns.ids.version[row] ?? 0] === live) tally.add(columns, row)
      const deployment = columns.names.deployment.names[columns.ids.deployment[row] ?? 0] ?? ''
      const made = byDeployment.get(deployment) ?? { pnl: 0, cost: 0 }
      made.pnl += columns.numbers.pnl[row] ?? 0
      made.cost += columns.numbers.cost[row] ?? 0
      byDeployment.set(deployment, made)
    }
    const [first] = deployments
    return overfitGauge({
      versionsTried,
      trialRatios: ratios,
      deployments: deployments.flatMap(({ at, byPerson }) =>
        byPerson ? [{ at, afterLoss: settled.findLast((trade) => trade.at < at)?.lost === true }] : [],
      ),
      daysLive: first === undefined ? 0 : (lastMoment(this.db) - first.at) / DAY,
      promises: promises.flatMap(({ deployment, proof }) => {
        const made = byDeployment.get(deployment)
        return made === undefined ? [] : [{ proof, live: made.pnl / made.cost }]
      }),
      live: { ...tally.profits.shape(), count: tally.trades === 0 ? 0 : tally.effectiveTrades() },
      lossRate: settled.length === 0 ? null : settled.filter(({ lost }) => lost).length / settled.length,
    })
  }
}

/** Points of a line on a chart. */
const POINTS = 400

/** Keeps the lowest and highest point of each stretch and the last point, so that no drawdown and no peak is lost. */
function thinned<T extends { readonly pnl: number }>(points: readonly T[]): readonly T[] {
  if (points.length <= POINTS) return points
  const kept: T[] = []
  const stretch = (points.length / POINTS) * 2
  for (let from = 0; from < points.length; from += stretch) {
    const part = points.slice(Math.floor(from), Math.floor(from + stretch))
    const [first] = part
    if (first === undefined) continue
    const low = part.reduce((a, b) => (b.pnl < a.pnl ? b : a), first)
    const high = part.reduce((a, b) => (b.pnl > a.pnl ? b : a), first)
    kept.push(...(part.indexOf(low) < part.indexOf(high) ? [low, high] : [high, low]))
  }
  return [...kept, ...points.slice(-1)]
}
