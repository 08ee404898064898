import type { SlotDecision } from '../../engine/views/view-types.ts'
import { priceOf, subUsd, type Usd, usd, usdOf } from '../../shared/domain/money.ts'
import type { DecisionAct } from '../../shared/domain/proofs.ts'
import type { JournalRecord, Order, Position, Settlement } from '../../shared/domain/records.ts'
import type { ReplayTrade } from '../../shared/domain/replays.ts'
import type { Side, SlotId } from '../../shared/domain/slots.ts'
import { MINUTE } from '../../shared/domain/time.ts'

/** An intent of a strategy, or an error it threw. */
export interface Act extends DecisionAct {
  readonly ts: number
  readonly slot: SlotId
}

/** Result of replaying one stretch of tape. Plain data, since it crosses threads. */
export interface DayRecord {
  readonly from: number
  /** Market time reached; before the end where it was stopped. */
  readonly reached: number
  readonly decisions: number
  readonly decisionsHash: string
  readonly orders: number
  readonly fills: number
  readonly refused: number
  readonly faults: number
  /** The first fault, with its stack. */
  readonly firstFault: FirstFault | null
  readonly peakOrdersPerMinute: number
  /** Positions that had not settled when the tape ended. */
  readonly open: number
  /** Windows of those positions: prices are missing where they began or ended, or the tape ends before their outcome. */
  readonly unsettled: readonly string[]
  /** Closed minutes without volume and without a price change, by asset; simulated makers stop quoting after two in a row. */
  readonly flatMinutes: Readonly<Record<string, number>>
  readonly ledgerBalanced: boolean
  /** Settled trades in order of settlement. */
  readonly trades: readonly ReplayTrade[]
  readonly acts: readonly Act[]
  /** Windows that settled, by slot and by the regime they began in. */
  readonly coverage: ReplayCoverage
  /** Acts beyond `MAX_ACTS`, which are counted and not kept. */
  readonly actsLeftOut: number
}

/** An error of a strategy: when, in which slot, and its stack in the bundle. */
export interface FirstFault {
  readonly ts: number
  readonly slot: SlotId
  readonly message: string
  readonly stack: string
}

export type ReplayCoverage = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Most acts kept per stretch, so that a strategy that acts every cycle does not fill the memory. */
export const MAX_ACTS = 20_000

type Kept = 'orders' | 'fills' | 'refused' | 'faults'

/** Collects from the engine's records what a replay's result needs. */
export class DayRecorder {
  private readonly count: Record<Kept, number> = { orders: 0, fills: 0, refused: 0, faults: 0 }
  private readonly orderTimes: number[] = []
  private peak = 0
  private readonly outcomes = new Map<string, Side>()
  private readonly why = new Map<string, string>()
  private readonly trades: ReplayTrade[] = []
  private readonly acts: Act[] = []
  private readonly coverage: Record<string, Record<string, number>> = {}
  private leftOut = 0
  private firstFault: FirstFault | null = null

  take(record: JournalRecord): void {
    switch (record.t) {
      case 'intent':
        return this.order(record.order)
      case 'fill':
        if (record.fill.state === 'matched') this.count.fills++
        return
      case 'settlement':
        return this.settlement(record.settlement)
      case 'position':
        return this.position(record.position)
      case 'event':
        if (record.event.kind === 'refused') this.count.refused++
        return
      default:
        return
    }
  }

  private settlement({ windowId, payoutUp, slot, regime }: Settlement): void {
    // Windows without an order, which are most of them, are not needed.
    if (this.why.has(windowId)) this.outcomes.set(windowId, payoutUp >= 500_000 ? 'up' : 'down')
    if (regime === null) return
    const counts = this.coverage[slot] ?? {}
    counts[regime] = (counts[regime] ?? 0) + 1
    this.coverage[slot] = counts
  }

  private order(order: Order): void {
    this.count.orders++
    if (order.kind === 'enter' && !this.why.has(order.windowId)) this.why.set(order.windowId, order.why)
    const { orderTimes } = this
    orderTimes.push(order.createdAt)
    while ((orderTimes[0] ?? 0) <= order.createdAt - MINUTE) orderTimes.shift()
    this.peak = Math.max(this.peak, orderTimes.length)
  }

  private position(position: Position): void {
    if (position.settledAt === null || (position.state !== 'resolved' && position.state !== 'closed')) return
    // A purchase that failed on chain is no trade.
    const undone = position.shares === 0 && position.realised === 0 && position.fees === 0 && position.payout === null
    if (undone) return
    this.trades.push({
      slot: position.slot,
      windowId: position.windowId,
      side: position.side,
      openedAt: position.openedAt,
      settledAt: position.settledAt,
      shares: position.boughtShares,
      cost: position.boughtCost,
      fees: position.fees,
      pnl: subUsd(position.realised, position.fees),
      outcome: this.outcomes.get(position.windowId) ?? null,
      regime: position.regime,
      why: this.why.get(position.windowId) ?? '',
    })
  }

  act(ts: number, slot: SlotId, intents: SlotDecision['intents']): void {
    for (const intent of intents) {
      this.keep({
        ts,
        slot,
        kind: intent.kind,
        side: intent.kind === 'enter' ? intent.side : null,
        limit: intent.kind === 'cancel' || !inRange(intent.limit) ? null : priceOf(intent.limit),
        stake: intent.kind === 'enter' ? stakeOf(intent.stakeUsd) : null,
        why: intent.why,
      })
    }
  }

  fault(ts: number, slot: SlotId, message: string, stack: string): void {
    this.count.faults++
    this.firstFault ??= { ts, slot, message, stack }
    this.keep({ ts, slot, kind: 'fault', side: null, limit: null, stake: null, why: message })
  }

  private keep(act: Act): void {
    if (this.acts.length < MAX_ACTS) this.acts.push(act)
    else this.leftOut++
  }

  actsSince(count: number): readonly Act[] {
    return this.acts.slice(count)
  }

  tradesSince(count: number): readonly ReplayTrade[] {
    return this.trades.slice(count)
  }

  finish(
    rest: Pick<
      DayRecord,
      'from' | 'reached' | 'decisions' | 'decisionsHash' | 'open' | 'unsettled' | 'flatMinutes' | 'ledgerBalanced'
    >,
  ): DayRecord {
    return {
      ...rest,
      ...this.count,
      firstFault: this.firstFault,
      peakOrdersPerMinute: this.peak,
      trades: this.trades,
      acts: this.acts,
      coverage: this.coverage,
      actsLeftOut: this.leftOut,
    }
  }
}

/** A strategy may return any number. */
function inRange(limit: number): boolean {
  return limit >= 0 && limit <= 1
}

function stakeOf(dollars: number): Usd {
  return Math.abs(dollars) < 1e9 ? usdOf(dollars) : usd(0)
}
