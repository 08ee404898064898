import type { DirectAnswer, DirectEvaluator } from '../../engine/cycle/direct.ts'
import type { Engine } from '../../engine/engine.ts'
import type { SlotState } from '../../engine/slot-state.ts'
import type { SlotDecision, StrategyManifest } from '../../engine/views/view-types.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { explain } from '../../shared/domain/commands.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { strategyContext } from './context.ts'
import type { Harness } from './harness.ts'
import { decisionSchema, manifestSchema, outcomeSchema, type StrategyFailure, statesSchema } from './protocol.ts'

const NONE: SlotDecision['intents'] = []

/** What the strategy's context was sent for a slot last. */
interface SentDetails {
  state: string
  orders: SlotState['orderViews']
  held: string | null
}

/**
 * A strategy in a bare context of the current thread, evaluated synchronously, as replays do. Its view and the checks of its
 * answers are the same as in a version's own thread.
 */
export class DirectStrategy {
  readonly manifest: StrategyManifest
  private readonly harness: Harness

  private constructor(harness: Harness, manifest: StrategyManifest) {
    this.harness = harness
    this.manifest = manifest
  }

  static load(bundle: string, name: string): Result<DirectStrategy, StrategyFailure> {
    const { harness, load } = strategyContext(name)
    const outcome = outcomeSchema(manifestSchema).safeParse(JSON.parse(load(bundle)))
    if (!outcome.success) return err({ message: explain(outcome.error, 1), stack: '' })
    return outcome.data.ok ? ok(new DirectStrategy(harness, outcome.data.value)) : err(outcome.data.error)
  }

  /** Initial state for each slot. */
  firstStates(slots: readonly SlotId[]): Result<{ slot: SlotId; json: string }[], StrategyFailure> {
    const request = { states: slots.map((slot) => ({ slot, json: null })), fromVersion: '' }
    const outcome = outcomeSchema(statesSchema).safeParse(JSON.parse(this.harness.migrate(JSON.stringify(request))))
    if (!outcome.success) return err({ message: explain(outcome.error), stack: '' })
    if (!outcome.data.ok) return err(outcome.data.error)
    return ok(outcome.data.value)
  }

  /**
   * Evaluator for the slots of an engine.
   * @param params replacement for the strategy's own params; null keeps them
   */
  evaluatorFor(engine: Engine, params: StrategyManifest['params'] | null): DirectEvaluator {
    const slots = [...engine.state.slots.values()]
    const direct = this.harness.direct({
      slots: slots.map((slot) => ({
        slot: slot.id,
        asset: slot.asset.asset,
        timeframe: slot.slot.timeframe,
        cells: slot.row,
        clock: engine.clock,
        last: slot.asset.last,
        candles: {
          '1m': slot.asset.candles['1m'].columns,
          '5m': slot.asset.candles['5m'].columns,
          '15m': slot.asset.candles['15m'].columns,
        },
      })),
      refreshQuotes: (index) => {
        const slot = slots[index]
        if (slot !== undefined) engine.refreshQuotes(slot)
      },
      refreshPrice: (index) => {
        const slot = slots[index]
        if (slot !== undefined) engine.refreshPrice(slot)
      },
    })
    direct.setParams(params === null ? null : JSON.stringify(params))
    const sent = slots.map((): SentDetails => ({ state: '', orders: NO_ORDERS, held: null }))
    const editions = slots.map(() => -1)
    const out: DirectAnswer = { why: '', state: null, intents: NONE, fault: null, stack: '' }
    const { answer } = direct
    const onSlotChanged = (slot: SlotState): void => {
      const known = sent[slot.index]
      if (known === undefined || editions[slot.index] === slot.edition) return
      editions[slot.index] = slot.edition
      // Compared by text: a version that regains a slot may find a different state under a known revision.
      if (known.state !== slot.stateJson) {
        known.state = slot.stateJson
        direct.setState(slot.index, slot.stateJson)
      }
      if (known.orders !== slot.orderViews || known.held !== slot.heldId) {
        known.orders = slot.orderViews
        known.held = slot.heldId
        direct.setHoldings(slot.index, slot.heldId, JSON.stringify(slot.orderViews))
      }
    }
    return {
      answer: out,
      onSlotChanged,
      evaluate: (indices, from, end) => {
        const at = direct.evaluate(indices, from, end)
        if (at === end) return end
        out.fault = answer.fault
        if (answer.fault !== null) out.stack = answer.stack
        out.why = answer.why
        out.state = answer.state
        out.intents = NONE
        if (answer.intents !== null && answer.fault === null) readIntents(answer.intents, out)
        return at
      },
    }
  }

  /** Evaluates single slots of an engine; repeated answers are returned in full as well. */
  answersFor(engine: Engine): (slot: SlotState) => DirectAnswer {
    const { onSlotChanged, evaluate, answer } = this.evaluatorFor(engine, null)
    const indices = new Int32Array(1)
    const whys: string[] = []
    return (slot) => {
      onSlotChanged(slot)
      indices[0] = slot.index
      if (evaluate(indices, 0, 1) === 1) return { ...REPEATED, why: whys[slot.index] ?? '' }
      if (answer.fault === null) whys[slot.index] = answer.why
      return answer
    }
  }
}

const REPEATED = { state: null, intents: NONE, fault: null, stack: '' }

const answeredSchema = decisionSchema.pick({ intents: true })

const NO_ORDERS: SlotState['orderViews'] = []

function readIntents(json: string, out: DirectAnswer): void {
  const read = answeredSchema.safeParse({ intents: JSON.parse(json) })
  if (read.success) out.intents = read.data.intents
  else {
    out.fault = explain(read.error)
    out.stack = ''
  }
}
