import type { DirectAnswer, DirectEvaluator } from '../../engine/cycle/direct.ts'
import type { Engine } from '../../engine/engine.ts'
import type { SlotState } from '../../engine/slot-state.ts'
import type { SlotDecision, StrategyManifest } from '../../engine/views/view-types.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { explain } from '../../shared/domain/commands.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { strategyContext } from './context.ts'
import type { Harness } from './prelude.ts'
import { decisionSchema, manifestSchema, outcomeSchema, type StrategyFailure, statesSchema } from './protocol.ts'

const NONE: SlotDecision['intents'] = []

/**
 * A strategy in a bare context of this very thread, called without messages in between: a replay's. What it may see and
 * what is checked of its answers is the same as in a version's own thread.
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

  /** The state it starts with in each slot. */
  firstStates(slots: readonly SlotId[]): Result<{ slot: SlotId; json: string }[], StrategyFailure> {
    const asked = { states: slots.map((slot) => ({ slot, json: null })), fromVersion: '' }
    const outcome = outcomeSchema(statesSchema).safeParse(JSON.parse(this.harness.migrate(JSON.stringify(asked))))
    if (!outcome.success) return err({ message: explain(outcome.error), stack: '' })
    if (!outcome.data.ok) return err(outcome.data.error)
    return ok(outcome.data.value)
  }

  /**
   * Seats the strategy at an engine's slots.
   * @param params other than its own; null = its own
   */
  seat(engine: Engine, params: StrategyManifest['params'] | null): DirectEvaluator {
    const slots = [...engine.state.slots.values()]
    const direct = this.harness.direct({
      slots: slots.map((slot) => ({
        slot: slot.id,
        asset: slot.slot.asset,
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
      fill: (index) => {
        const slot = slots[index]
        if (slot !== undefined) engine.refreshQuotes(slot)
      },
      look: (index) => {
        const slot = slots[index]
        if (slot !== undefined) engine.refreshPrice(slot)
      },
    })
    direct.use(params === null ? null : JSON.stringify(params))
    const told = slots.map(() => ({ state: '', orders: NOTHING, held: null as string | null }))
    const editions = slots.map(() => -1)
    const out: DirectAnswer = { why: '', state: null, intents: NONE, fault: null, stack: '' }
    const { answer } = direct
    const onSlotChanged = (slot: SlotState): void => {
      const known = told[slot.index]
      if (known === undefined || editions[slot.index] === slot.edition) return
      editions[slot.index] = slot.edition
      // By its text: a version that gets a slot back may find another state under a number that it has seen.
      if (known.state !== slot.stateJson) {
        known.state = slot.stateJson
        direct.state(slot.index, slot.stateJson)
      }
      if (known.orders !== slot.orderViews || known.held !== slot.heldId) {
        known.orders = slot.orderViews
        known.held = slot.heldId
        direct.held(slot.index, slot.heldId, JSON.stringify(slot.orderViews))
      }
    }
    return {
      answer: out,
      onSlotChanged,
      evaluate: (turn, from, end) => {
        const at = direct.evaluate(turn, from, end)
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

  /** The same slot by slot, with every answer spelt out, those that say nothing new as well. */
  seatInFull(engine: Engine): (slot: SlotState) => DirectAnswer {
    const { onSlotChanged, evaluate, answer } = this.seat(engine, null)
    const turn = new Int32Array(1)
    const whys: string[] = []
    return (slot) => {
      onSlotChanged(slot)
      turn[0] = slot.index
      if (evaluate(turn, 0, 1) === 1) return { ...AGAIN, why: whys[slot.index] ?? '' }
      if (answer.fault === null) whys[slot.index] = answer.why
      return answer
    }
  }
}

const AGAIN = { state: null, intents: NONE, fault: null, stack: '' }

const answeredSchema = decisionSchema.pick({ intents: true })

const NOTHING: SlotState['orderViews'] = []

function readIntents(json: string, out: DirectAnswer): void {
  const read = answeredSchema.safeParse({ intents: JSON.parse(json) })
  if (read.success) out.intents = read.data.intents
  else {
    out.fault = explain(read.error)
    out.stack = ''
  }
}
