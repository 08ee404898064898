import { accountDifferenceText, differences } from '../../engine/venue/compare.ts'
import type { Venue, VenueEvent, VenueSnapshot } from '../../engine/venue/port.ts'
import { type OpenItems, openItems, overdueItems, reconcile } from '../../engine/venue/reconcile.ts'
import { type Disposer, err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { TradingLoop } from '../runtime/trading-loop.ts'

/** Delay before a venue that did not answer is asked again, ms. */
const RETRY_MS = 2_000

const NOTHING: OpenItems = { orders: [], unsigned: [], fills: [] }

export interface ReconcilerParts {
  readonly loop: Pick<TradingLoop, 'engine' | 'deliver' | 'settle'>
  readonly venue: Venue
  readonly clock: Clock
  /** The desk's own time. */
  readonly now: () => UnixMs
  /** Raises an alarm for a person. */
  readonly onAlarm: (message: string) => void
}

/**
 * Hears what a venue tells, and finds out what became of orders whose fate the desk does not know, by asking and never by
 * sending again (I3). At a start it asks about every order that may have left; while the desk runs, about those whose answer
 * is overdue. Until the venue has answered, entries are held. What the venue's account holds is compared with the books.
 */
export class Reconciler {
  private readonly parts: ReconcilerParts
  private asking = false
  private stopped = false
  private cancelRetry: Disposer = () => {}
  private stopListening: Disposer = () => {}
  /** Events of orders and payouts received before the first answer; null once it has arrived. */
  private early: VenueEvent[] | null = []
  /** An event arrived since the last request, so its answer may be older than the books and is not compared with them. */
  private heard = false
  /** A comparison of the account with the books is due. */
  private compareDue = true
  /** The difference reported last. */
  private told = ''

  constructor(parts: ReconcilerParts) {
    this.parts = parts
  }

  /** To be called once, after the books are restored and before any entry. Subscribes before it asks, so that no event is lost. */
  start(): Promise<void> {
    const { loop, venue } = this.parts
    this.stopListening = venue.listen((event) => this.hear(event))
    return this.ask(openItems(loop.engine.state, venue.capabilities))
  }

  /** To be called after each cycle: asks the venue about orders and fills whose answer is overdue. */
  look(): void {
    const { loop, venue, now } = this.parts
    if (this.asking || this.stopped) return
    const items = overdueItems(loop.engine.state, venue.capabilities, now())
    // An error has shut the gate and is reported by the trading loop.
    if (items.orders.length + items.fills.length > 0) void this.ask(items).catch(() => {})
    else if (this.compareDue) void this.ask(NOTHING).catch(() => {})
  }

  /** Stops listening and asking. */
  stop(): void {
    this.stopped = true
    this.cancelRetry()
    this.stopListening()
  }

  private hear(event: VenueEvent): void {
    if (this.stopped) return
    const ofAccount =
      event.kind === 'order' || event.kind === 'fill' || event.kind === 'settled' || event.kind === 'redeemed'
    if (ofAccount) this.heard = true
    if (ofAccount && this.early !== null) {
      this.early.push(event)
      return
    }
    try {
      this.parts.loop.deliver(event)
      this.parts.loop.settle()
    } catch {
      // The loop has shut the gate and reports the error.
      this.stop()
    }
  }

  /** Asks until the venue answers, one request at a time. An error while the answer is applied does not count as silence. */
  private async ask(items: OpenItems): Promise<void> {
    const { loop, venue, now } = this.parts
    this.asking = true
    this.heard = (this.early?.length ?? 0) > 0
    const answer = await this.snapshot(items)
    if (this.stopped) return
    if (!answer.ok) {
      const reason = `${venue.name} does not say what became of ${items.orders.length} orders: ${answer.error}; it is asked again`
      loop.deliver({ kind: 'hold', ts: now(), about: 'venue', reason: reason.slice(0, 1_000) })
      this.cancelRetry = this.parts.clock.after(RETRY_MS, () => void this.ask(items).catch(() => {}))
    } else {
      const { state } = loop.engine
      for (const event of reconcile(state, items, answer.value, venue.capabilities, now())) loop.deliver(event)
      // Applying an event twice changes nothing.
      for (const event of this.early ?? []) loop.deliver(event)
      this.early = null
      this.compare(answer.value)
      if (state.holds.has('venue')) loop.deliver({ kind: 'hold', ts: now(), about: 'venue', reason: null })
      this.asking = false
    }
    loop.settle()
  }

  /** Nothing is adopted from the venue's account: a difference pauses entries and raises an alarm. */
  private compare(snapshot: VenueSnapshot): void {
    const { loop, venue, now, onAlarm } = this.parts
    this.compareDue = this.heard
    if (this.heard) return
    const difference = differences(loop.engine.state, snapshot).map(accountDifferenceText).join('; ')
    if (difference === this.told) return
    this.told = difference
    if (difference === '') return
    const reason = `the account at ${venue.name} is not what the books say: ${difference}`.slice(0, 400)
    if (loop.engine.commandRefusal({ kind: 'pause', reason }) === null)
      loop.deliver({ kind: 'command', ts: now(), source: 'engine', command: { kind: 'pause', reason } })
    onAlarm(
      `${reason}; entries are paused and nothing was changed: look what happened there, put right what can be (sell, redeem or transfer), then resume`,
    )
  }

  private async snapshot({ orders, fills }: OpenItems): Promise<Result<VenueSnapshot>> {
    try {
      return ok(await this.parts.venue.snapshot(orders, fills))
    } catch (error) {
      return err(messageOf(error))
    }
  }
}
