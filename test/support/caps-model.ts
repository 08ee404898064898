import { expect } from 'vitest'
import type { JournalRecord, Order, Position } from '../../src/shared/domain/records.ts'
import type { Caps } from '../../src/shared/domain/settings.ts'

const MINUTE = 60_000
const DAY = 86_400_000
/** Taker fee rate of the simulated venue, in percent: upper bound of a fee relative to the cash. */
const FEE_PERCENT = 7
const OVER: ReadonlySet<string> = new Set(['filled', 'cancelled', 'expired', 'rejected'])
const UNRESOLVED: ReadonlySet<string> = new Set(['open', 'ended'])

/**
 * Checks I12 from the journal alone: follows orders, positions and money, and checks every entry against the caps by earlier
 * records. Independent of the engine's own sums.
 */
export class CapsModel {
  /** Number of checked entries. */
  judged = 0
  private readonly caps: Caps
  private readonly orders = new Map<string, Order>()
  private readonly positions = new Map<string, Position>()
  private readonly times: number[] = []
  private readonly day = { start: 0, profit: 0 }
  private cash = 0

  constructor(caps: Caps) {
    this.caps = caps
  }

  /** Adds a record; records come in order of writing. */
  take(records: readonly JournalRecord[]): void {
    for (const record of records) this.one(record)
  }

  private one(record: JournalRecord): void {
    if (record.t === 'order') this.orders.set(record.order.id, record.order)
    else if (record.t === 'position') this.positions.set(record.position.id, record.position)
    else if (record.t === 'ledger') {
      const { ts, cash, realised, fee } = record.entry
      this.cash += cash
      const start = ts - (ts % DAY)
      if (start !== this.day.start) Object.assign(this.day, { start, profit: 0 })
      this.day.profit += realised - fee
    } else if (record.t === 'intent') {
      if (record.order.kind === 'enter') this.judge(record.order)
      this.times.push(record.order.createdAt)
    }
  }

  private judge(order: Order): void {
    this.judged++
    const { caps } = this
    const wanted = order.stake + mostFee(order.stake)
    const of = (part: Order | Position) => part.slot.split('-')[0]
    const within = (limit: number, held: number, what: string) =>
      expect(held + wanted, `I12: ${what} of ${order.id}`).toBeLessThanOrEqual(limit)
    expect(order.stake, `I12: stake of ${order.id}`).toBeLessThanOrEqual(caps.stakePerOrder)
    within(
      caps.exposurePerWindow,
      this.atRisk((part) => part.windowId === order.windowId),
      'window',
    )
    within(
      caps.exposurePerAsset,
      this.atRisk((part) => of(part) === of(order)),
      'asset',
    )
    within(
      caps.exposurePerAccount,
      this.atRisk(() => true),
      'account',
    )
    within(
      this.cash,
      this.entries().reduce((sum, one) => sum + remaining(one), 0),
      'cash',
    )
    const lately = this.times.filter((at) => at > order.createdAt - MINUTE).length
    expect(lately, `I12: orders in the minute before ${order.id}`).toBeLessThan(caps.ordersPerMinute)
    const today = order.createdAt - (order.createdAt % DAY) === this.day.start ? this.day.profit : 0
    expect(-today, `I12: loss of the day of ${order.id}`).toBeLessThan(caps.lossPerDay)
  }

  private entries(): Order[] {
    return [...this.orders.values()].filter((order) => order.kind === 'enter' && !OVER.has(order.state))
  }

  private atRisk(which: (part: Order | Position) => boolean): number {
    const held = [...this.positions.values()].filter((one) => UNRESOLVED.has(one.state) && which(one))
    const working = this.entries().filter(which)
    return held.reduce((sum, { cost }) => sum + cost, 0) + working.reduce((sum, order) => sum + remaining(order), 0)
  }
}

function mostFee(stake: number): number {
  return Math.floor((stake * FEE_PERCENT) / 100)
}

/** Upper bound of what a working entry can still cost. */
function remaining({ stake, filledCost, fee }: Order): number {
  return Math.max(0, stake + mostFee(stake) - filledCost - fee)
}
