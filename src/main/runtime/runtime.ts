import type { Engine } from '../../engine/engine.ts'
import type { Effect, EngineEvent } from '../../engine/events.ts'
import type { Approved } from '../../engine/orders/risk.ts'
import type { OrderId } from '../../shared/domain/ids.ts'
import type { JournalRecord, Order } from '../../shared/domain/records.ts'
import type { WindowId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'

export type Evaluation = Extract<Effect, { kind: 'evaluate' }>

/** Performs the engine's effects. */
export interface EffectHandlers {
  /** Journals a record. */
  record(record: JournalRecord): void
  /** Evaluates a version; its decisions come back as an event. */
  evaluate(evaluation: Evaluation): void
  /** Sends approved orders, after their intents are durable (I3). */
  place(orders: readonly Approved<Order>[], ts: UnixMs): void
  /** Requests cancellation at the venue. */
  cancel(orderId: OrderId, ts: UnixMs): void
  /** Requests the payout of a resolved window. */
  redeem(windowId: WindowId, ts: UnixMs): void
}

/** Receives all events and evaluations of the engine, in order; implemented by the tape. */
export interface RuntimeRecorder {
  event(event: EngineEvent): void
  evaluation(evaluation: Evaluation): void
}

/**
 * The only path to the engine: passes it events and performs its effects, in order. Desks, virtual runs, replays, the decision
 * check and tests differ only in their effect handlers.
 */
export class Runtime {
  readonly engine: Engine
  private readonly handlers: EffectHandlers
  private readonly recorder: RuntimeRecorder | null

  /** @param recorder null when nothing is recorded */
  constructor(engine: Engine, handlers: EffectHandlers, recorder: RuntimeRecorder | null) {
    this.engine = engine
    this.handlers = handlers
    this.recorder = recorder
  }

  /** Applies an event. Throws only on a broken invariant. @returns the effects, already performed */
  dispatch(event: EngineEvent): readonly Effect[] {
    this.recorder?.event(event)
    const effects = this.engine.handle(event)
    this.perform(effects, event.ts)
    return effects
  }

  /** Performs the effects of one event; orders are placed together after all other effects. */
  perform(effects: readonly Effect[], ts: UnixMs): void {
    if (effects.length === 0) return
    const { handlers } = this
    let orders: Approved<Order>[] | undefined
    // Placing orders may dispatch further events and overwrite a reused list of effects, so it comes last.
    for (const effect of effects) {
      if (effect.kind === 'record') handlers.record(effect.record)
      else if (effect.kind === 'evaluate') {
        this.recorder?.evaluation(effect)
        handlers.evaluate(effect)
      } else if (effect.kind === 'cancel') handlers.cancel(effect.orderId, ts)
      else if (effect.kind === 'redeem') handlers.redeem(effect.windowId, ts)
      else {
        orders ??= []
        orders.push(effect.order)
      }
    }
    if (orders !== undefined) handlers.place(orders, ts)
  }
}
