import type { OrderReport } from '../../src/engine/events.ts'
import { Schedule } from '../../src/engine/market/schedule.ts'
import { SimulatedVenue, type SimulatedVenueSettings } from '../../src/engine/market/simulated-venue.ts'
import { type Rng, seededRng } from '../../src/engine/rng.ts'
import type { VenueCapabilities, VenueOrder, VenueSnapshot } from '../../src/engine/venue/port.ts'
import type { FillId, OrderId } from '../../src/shared/domain/ids.ts'
import { notional, shares, takerFee } from '../../src/shared/domain/money.ts'
import type { Order } from '../../src/shared/domain/records.ts'
import type { WindowId } from '../../src/shared/domain/slots.ts'
import { type UnixMs, unixMs } from '../../src/shared/domain/time.ts'

const CAPABILITIES: VenueCapabilities = {
  inProcess: false,
  answerMs: 2_000,
  readLagMs: 6_000,
  fateSettlesMs: 4_000,
  redeemsItself: false,
  officialStrikes: false,
}

interface Known {
  state: VenueOrder['state']
  readonly fills: { report: Extract<OrderReport, { type: 'fill' }>; fate: VenueOrder['fills'][number]['fate'] }[]
}

/** State of a remote venue, which outlives the desk. */
export class VenueMemory {
  readonly orders = new Map<OrderId, Known>()
  readonly schedule = new Schedule()
  /** How often each order arrived (I3: never more than once). */
  readonly arrived = new Map<OrderId, number>()
  /** How often the payout of each window was requested. */
  readonly redeemed = new Map<WindowId, number>()
  readonly seen = { lost: 0, vanished: 0, failedLate: 0, failed: 0, unpaid: 0, unheard: 0 }
  readonly rng: Rng

  constructor(seed: number) {
    this.rng = seededRng(seed, 'faults')
  }
}

/**
 * A faulty venue that fills orders completely at their limit: it answers late, loses every fifth answer, loses orders in
 * transit, and fails fills, even confirmed ones. Prices, strikes and outcomes are those of the simulated venue.
 */
export class FaultyVenue extends SimulatedVenue {
  override readonly name = 'faulty'
  override readonly capabilities = CAPABILITIES
  private readonly memory: VenueMemory

  constructor(settings: SimulatedVenueSettings, memory: VenueMemory) {
    super(settings)
    this.memory = memory
  }

  override submit(order: Order, ts: UnixMs): void {
    const { arrived, orders, rng, schedule, seen } = this.memory
    arrived.set(order.id, (arrived.get(order.id) ?? 0) + 1)
    if (rng.uniform() < 0.05) {
      seen.vanished++
      return
    }
    const known: Known = { state: { type: 'delayed' }, fills: [] }
    orders.set(order.id, known)
    const silent = rng.uniform() < 0.2
    if (silent) seen.lost++
    const at = unixMs(ts + 200 + Math.floor(rng.uniform() * 2_500))
    schedule.add(at, () => this.match(order, at, silent))
  }

  private match(order: Order, ts: UnixMs, silent: boolean): void {
    const { orders, rng, seen } = this.memory
    const known = orders.get(order.id)
    if (known === undefined) return
    const tell = (report: OrderReport) => {
      if (!silent) this.memory.schedule.add(ts, { kind: 'order', ts, orderId: order.id, report })
    }
    if (ts >= order.windowEnd) known.state = { type: 'expired', reason: 'the window ended' }
    else {
      const lots = order.kind === 'exit' ? order.quantity : Math.floor((order.stake / order.limit) * 100_000) * 10
      const report = {
        type: 'fill' as const,
        fillId: `F-${order.id}` as FillId,
        price: order.limit,
        shares: shares(lots),
        cash: notional(order.limit, shares(lots)),
        fee: takerFee(order.limit, shares(lots), 70_000),
      }
      const fill: Known['fills'][number] = { report, fate: null }
      known.fills.push(fill)
      known.state = { type: 'filled' }
      tell(report)
      const fate = (afterMs: number, to: NonNullable<typeof fill.fate>) => {
        const at = unixMs(ts + afterMs)
        this.memory.schedule.add(at, () => {
          fill.fate = to
          this.memory.schedule.add(at, { kind: 'fill', ts: at, orderId: order.id, fillId: report.fillId, fate: to })
        })
      }
      const chance = rng.uniform()
      if (chance < 0.08) {
        seen.failed++
        fate(2_000, { type: 'failed', reason: 'refused by the chain' })
      } else fate(2_000, { type: 'confirmed' })
      if (chance > 0.92) {
        seen.failedLate++
        fate(5_000, { type: 'failed', reason: 'taken back by the chain' })
      }
    }
    tell(known.state)
  }

  /** Accepted orders cannot be cancelled. */
  override cancel(): void {}

  override redeem(windowId: WindowId, ts: UnixMs): void {
    const { schedule, redeemed, rng, seen } = this.memory
    const times = (redeemed.get(windowId) ?? 0) + 1
    redeemed.set(windowId, times)
    // It answers the third request.
    if (times < 3 && rng.uniform() < 0.7) {
      seen.unpaid++
      return
    }
    const at = unixMs(ts + 20_000)
    schedule.add(at, { kind: 'redeemed', ts: at, windowId })
  }

  override snapshot(asked: readonly OrderId[], fills: readonly FillId[]): VenueSnapshot {
    const wanted = new Set<string>([...asked, ...fills.map((id) => id.slice('F-'.length))])
    const orders = [...this.memory.orders].flatMap(([orderId, { state, fills: known }]) => {
      const matched = shares(known.reduce((sum, { report }) => sum + report.shares, 0))
      return wanted.has(orderId) ? [{ orderId, state, matched, fills: known.map((fill) => ({ ...fill })) }] : []
    })
    return { at: unixMs(this.now), orders, positions: null, cash: null }
  }

  override peek(): UnixMs | undefined {
    const [own, market] = [this.memory.schedule.peek(), super.peek()]
    if (own === undefined || market === undefined) return own ?? market
    return own < market ? own : market
  }

  override pop(): ReturnType<SimulatedVenue['pop']> {
    const own = this.memory.schedule.peek()
    if (own === undefined || own > (super.peek() ?? Number.POSITIVE_INFINITY)) {
      const event = super.pop()
      // It pays only on request.
      return event?.kind === 'redeemed' ? undefined : event
    }
    const next = this.memory.schedule.pop()
    this.advanceTo(own)
    if (typeof next?.step !== 'function') return next?.step
    next.step(next.ts)
    return undefined
  }
}
