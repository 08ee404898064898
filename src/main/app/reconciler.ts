import type { Venue, VenueSnapshot } from '../../engine/venue/port.ts'
import { type OpenItems, openItems, overdueItems, reconcile, unredeemed } from '../../engine/venue/reconcile.ts'
import { type Disposer, err, ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Session } from '../runtime/session.ts'

/** Rest before a venue that did not answer is asked again, in ms. */
const RETRY_MS = 2_000

export interface ReconcilerParts {
  readonly session: Session
  readonly venue: Venue
  readonly clock: Clock
  /** The desk's own time. */
  readonly now: () => UnixMs
}

/**
 * Finds out what became of orders whose fate the desk does not know, by asking the venue and never by sending again (I3). At a
 * start it asks about every order that may have left; while the desk runs, about those whose answer is overdue. Until the venue
 * has answered, entries are held.
 */
export class Reconciler {
  private readonly parts: ReconcilerParts
  private asking = false
  private stopped = false
  private cancelRetry: Disposer = () => {}

  constructor(parts: ReconcilerParts) {
    this.parts = parts
  }

  /** To be called once, with the books restored and before anything is entered. */
  start(): Promise<void> {
    const { session, venue, now } = this.parts
    const { state } = session.engine
    if (!venue.capabilities.redeemsItself) for (const windowId of unredeemed(state)) venue.redeem(windowId, now())
    return this.ask(openItems(state))
  }

  /** To be called after each cycle: an answer that is overdue makes its order one of unknown fate, and the venue is asked. */
  look(): void {
    const { session, venue, now } = this.parts
    if (this.asking || this.stopped) return
    const items = overdueItems(session.engine.state, venue.capabilities, now())
    // What breaks has stopped trading by then, and says so to whoever waits for the desk.
    if (items.orders.length + items.fills.length > 0) void this.ask(items).catch(() => {})
  }

  /** Nothing is asked or told any more. */
  stop(): void {
    this.stopped = true
    this.cancelRetry()
  }

  /** One question at a time, asked until it is answered. What breaks while the answer is told is no silence of the venue. */
  private async ask(items: OpenItems): Promise<void> {
    const { session, venue, now } = this.parts
    this.asking = true
    const answer = await this.snapshot(items)
    if (this.stopped) return
    if (!answer.ok) {
      const reason = `${venue.name} does not say what became of ${items.orders.length} orders: ${answer.error}; it is asked again`
      session.deliver({ kind: 'hold', ts: now(), about: 'venue', reason: reason.slice(0, 1_000) })
      this.cancelRetry = this.parts.clock.after(RETRY_MS, () => void this.ask(items).catch(() => {}))
    } else {
      const { state } = session.engine
      for (const event of reconcile(state, items, answer.value, venue.capabilities, now())) session.deliver(event)
      if (state.holds.has('venue')) session.deliver({ kind: 'hold', ts: now(), about: 'venue', reason: null })
      this.asking = false
    }
    session.settle()
  }

  private async snapshot({ orders, fills }: OpenItems): Promise<Result<VenueSnapshot>> {
    try {
      return ok(await this.parts.venue.snapshot(orders, fills))
    } catch (error) {
      return err(error instanceof Error ? error.message : String(error))
    }
  }
}
