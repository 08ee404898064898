import type { Engine } from '../../engine/engine.ts'
import type { Effect, EngineEvent } from '../../engine/events.ts'
import type { Approved } from '../../engine/orders/risk.ts'
import type { OrderId } from '../../shared/domain/ids.ts'
import type { JournalRecord, Order } from '../../shared/domain/records.ts'
import type { WindowId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'

export type Evaluation = Extract<Effect, { kind: 'evaluate' }>

/** Who carries out what the engine asks for. */
export interface Performers {
  /** Writes something down. */
  record(record: JournalRecord): void
  /** Asks a version for its decisions; they come back as an event. */
  evaluate(evaluation: Evaluation): void
  /** Brings approved orders to the venue, with their intents durable first (I3). */
  place(orders: readonly Approved<Order>[], ts: UnixMs): void
  /** Asks the venue to cancel an order. */
  cancel(orderId: OrderId, ts: UnixMs): void
  /** Has the payout of a resolved window fetched. */
  redeem(windowId: WindowId, ts: UnixMs): void
}

/** Hears everything the engine is told and asks, in order: the tape. */
export interface RuntimeRecorder {
  event(event: EngineEvent): void
  asks(evaluation: Evaluation): void
}

/**
 * The one way to the engine: tells it events and has its effects carried out, in order. Desks, virtual runs, replays, the
 * decision check and tests differ only in their performers.
 */
export class Runtime {
  readonly engine: Engine
  private readonly performers: Performers
  private readonly recorder: RuntimeRecorder | null

  /** @param recorder null where nothing is recorded */
  constructor(engine: Engine, performers: Performers, recorder: RuntimeRecorder | null) {
    this.engine = engine
    this.performers = performers
    this.recorder = recorder
  }

  /** Throws only on a broken invariant. @returns what the engine asked for, already carried out */
  tell(event: EngineEvent): readonly Effect[] {
    this.recorder?.event(event)
    const effects = this.engine.handle(event)
    this.perform(effects, event.ts)
    return effects
  }

  /** Carries out effects of one moment; orders leave together, after everything else. */
  perform(effects: readonly Effect[], ts: UnixMs): void {
    if (effects.length === 0) return
    const { performers } = this
    let leaving: Approved<Order>[] | undefined
    // Carrying out an order tells the engine of it, which reuses nothing of this list; a replay's own list is reused, and is
    // read to its end first.
    for (const effect of effects) {
      if (effect.kind === 'record') performers.record(effect.record)
      else if (effect.kind === 'evaluate') {
        this.recorder?.asks(effect)
        performers.evaluate(effect)
      } else if (effect.kind === 'cancel') performers.cancel(effect.orderId, ts)
      else if (effect.kind === 'redeem') performers.redeem(effect.windowId, ts)
      else {
        leaving ??= []
        leaving.push(effect.order)
      }
    }
    if (leaving !== undefined) performers.place(leaving, ts)
  }
}
