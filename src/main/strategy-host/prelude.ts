import type { Batch, BatchView, CandleRow, Direct, DirectSlots, Harness } from './harness.ts'
import type { JsonTools } from './json-tools.ts'
import type { Definition, EvaluatedSlot, Series } from './prelude-types.ts'
import type { ViewMaker, ViewSources } from './view-maker.ts'

/**
 * Runs inside a strategy's bare V8 context. It is turned into source text and evaluated there, so it must not refer to
 * anything outside itself. No object of the host enters the context except the number arrays of a replay.
 */
export function prelude(makeView: ViewMaker, tools: JsonTools, restrictGlobals: () => void): Harness {
  const { parse, stringify } = JSON
  const { isRecord, deepFreeze, toJson, sameShape, failureOf } = tools
  const { isArray } = Array
  const globals: Record<string, unknown> = globalThis
  restrictGlobals()

  const FRAMES = ['1m', '5m', '15m']
  const slots = new Map<string, EvaluatedSlot>()
  const candles = new Map<string, Series>()
  let strategy: Definition | undefined
  let params: unknown

  const guarded = (work: () => unknown): string => {
    try {
      return stringify({ ok: true, value: work() })
    } catch (error) {
      return stringify({ ok: false, error: failureOf(error) })
    }
  }

  const isFunction = (value: unknown): value is (...args: unknown[]) => unknown => typeof value === 'function'

  const method = (name: 'initialState' | 'migrate' | 'migrateBack') => {
    const found = strategy?.[name]
    return isFunction(found) ? found.bind(strategy) : undefined
  }

  /** Checked before every call, since a strategy may modify itself. */
  const hasDecide = (it: Definition | undefined): it is Definition & { decide(...args: unknown[]): unknown } =>
    typeof it?.decide === 'function'

  const historyLimits = () => {
    const read = (frame: string) => {
      const count = strategy?.history?.[frame]
      return typeof count === 'number' ? count : 0
    }
    return { '1m': read('1m'), '5m': read('5m'), '15m': read('15m') }
  }

  const makeSlot = (sources: ViewSources): EvaluatedSlot => ({
    ...makeView(sources),
    json: '',
    state: undefined,
    why: null,
  })

  const setState = (slot: EvaluatedSlot, json: string): void => {
    if (slot.json === json) return
    slot.json = json
    slot.state = deepFreeze(parse(json))
  }

  const answer: Direct['answer'] = { why: '', state: null, intents: null, fault: null, stack: '' }

  /**
   * Calls `decide` for a slot whose data is up to date and checks the result. Throws what the strategy throws.
   * @returns true when the decision repeats the previous one; `answer` is then not written
   */
  const decideFor = (evaluated: EvaluatedSlot): boolean => {
    if (!hasDecide(strategy)) throw new TypeError('decide is missing')
    const made = strategy.decide(evaluated.view, evaluated.state, params)
    if (!isRecord(made)) throw new TypeError('decide must return { state, intents }')
    if (typeof made.then === 'function') throw new TypeError('decide must not be async: it returned a promise')
    const { state, intents, why } = made
    // The state passed in is frozen, so the same object is unchanged. By far most decisions return here.
    const unchanged = state === evaluated.state && state !== undefined
    if (unchanged && intents === undefined && why === evaluated.why && typeof why === 'string') return true
    answer.state = null
    if (!unchanged) {
      if (!('state' in made)) throw new TypeError('decide returned no state')
      const next = toJson(state, 'state')
      if (next.length > 65_536) throw new RangeError(`state is ${next.length} characters long, allowed 65,536`)
      if (next !== evaluated.json) answer.state = next
    }
    answer.intents = null
    let intentReason: unknown
    if (intents !== undefined && intents !== null) {
      if (!isArray(intents) || intents.length > 8) throw new RangeError('intents must be a list of at most 8')
      if (intents.length > 0) {
        answer.intents = toJson(intents, 'intents')
        intentReason = intents[0]?.why
      }
    }
    const reason = why === undefined || why === null ? (intentReason ?? 'hold') : why
    if (typeof reason !== 'string') throw new TypeError('why must be a text')
    if (reason.length > 300) throw new RangeError('why is longer than 300 characters')
    answer.why = reason
    const isRepeated = reason === evaluated.why && answer.intents === null && answer.state === null
    evaluated.why = reason
    return isRepeated
  }

  /** Evaluates a slot and catches faults. @returns true when the decision repeats the previous one, with reason `slot.why` */
  const tryDecide = (slot: EvaluatedSlot): boolean => {
    let isRepeated = false
    slot.data.open = true
    try {
      isRepeated = decideFor(slot)
      answer.fault = null
    } catch (error) {
      const { message, stack } = failureOf(error)
      answer.fault = message
      answer.stack = stack
      // The next decision must be reported in full, since `answer` no longer holds this slot's previous one.
      slot.why = null
    }
    slot.data.open = false
    return isRepeated
  }

  const seriesOf = (key: string): Series => {
    const found = candles.get(key)
    if (found !== undefined) return found
    const made = { openTime: [], open: [], high: [], low: [], close: [], volume: [], end: 0 }
    candles.set(key, made)
    return made
  }

  const addCandles = (key: string, reset: boolean, keep: number, rows: readonly CandleRow[]): void => {
    const series = seriesOf(key)
    const { openTime, open, high, low, close, volume } = series
    const columns = [openTime, open, high, low, close, volume]
    if (reset) for (const column of columns) column.length = 0
    for (const row of rows) for (let i = 0; i < columns.length; i++) columns[i]?.push(row[i] ?? 0)
    if (openTime.length > keep) for (const column of columns) column.splice(0, column.length - keep)
    series.end = openTime.length
  }

  const slotFor = ({ slot: name, asset, timeframe, row }: BatchView): EvaluatedSlot => {
    const found = slots.get(name)
    if (found !== undefined) return found
    const slot = makeSlot({
      slot: name,
      asset,
      timeframe,
      row,
      clock: row,
      last: row,
      candles: Object.fromEntries(FRAMES.map((frame) => [frame, seriesOf(`${asset}:${frame}`)])),
      keep: historyLimits(),
      refreshQuotes: null,
      refreshPrice: null,
    })
    slots.set(name, slot)
    return slot
  }

  const evaluateView = (view: BatchView) => {
    const slot = slotFor(view)
    const { data } = slot
    data.row = view.row
    data.clock = view.row
    data.last = view.row
    data.positionId = view.positionId
    data.orders = deepFreeze(view.orders)
    setState(slot, view.state)
    if (tryDecide(slot)) return { slot: view.slot, ok: true, intents: [], why: slot.why, state: null }
    if (answer.fault !== null) return { slot: view.slot, ok: false, message: answer.fault, stack: answer.stack }
    const intents: unknown = answer.intents === null ? [] : parse(answer.intents)
    return { slot: view.slot, ok: true, intents, why: answer.why, state: answer.state }
  }

  const migrateState = (old: string | null, fromVersion: string): string => {
    const initial = method('initialState')
    if (initial === undefined) throw new TypeError('initialState is missing')
    const fresh = toJson(initial(), 'initialState')
    if (old === null) return fresh
    const migrate = method('migrate')
    if (migrate !== undefined) return toJson(migrate(deepFreeze(parse(old)), fromVersion), 'migrate')
    if (sameShape(parse(old), parse(fresh))) return old
    throw new TypeError(
      `the state of ${fromVersion} does not fit initialState, and there is no migrate: ${old.slice(0, 200)}`,
    )
  }

  const adopt = () => {
    const bundle = globals.__strategy
    const made = isRecord(bundle) ? bundle.default : undefined
    if (!isDefinition(made))
      throw new TypeError('there is no default export; end with `export default defineStrategy({ … })`')
    if (typeof made.decide !== 'function')
      throw new TypeError('decide is missing: a strategy needs `decide: (view, state, params) => ({ state, intents })`')
    if (typeof made.initialState !== 'function')
      throw new TypeError('initialState is missing: a strategy needs `initialState: () => ({ … })`')
    strategy = made
    params = deepFreeze(made.params)
    const wake = isArray(made.wake) ? made.wake.map((moment) => moment?.secondsLeft) : (made.wake ?? [])
    const manifest = {
      name: made.name,
      params: made.params ?? {},
      history: {
        '1m': made.history?.['1m'] ?? 0,
        '5m': made.history?.['5m'] ?? 0,
        '15m': made.history?.['15m'] ?? 0,
      },
      wake,
      hasMigrate: typeof made.migrate === 'function',
      hasMigrateBack: typeof made.migrateBack === 'function',
    }
    toJson(manifest, 'the definition')
    return manifest
  }

  /** The host checks the manifest made of it; here it only has to be an object. */
  const isDefinition = (value: unknown): value is Definition => isRecord(value)

  const direct = (setup: DirectSlots): Direct => {
    const keep = historyLimits()
    const guard = (refresh: (index: number) => void, index: number) => () => {
      try {
        refresh(index)
      } catch {
        // Host errors must not reach a strategy.
        throw new TypeError('the view could not be updated')
      }
    }
    const evaluated = setup.slots.map(({ cells, ...sources }, index) =>
      makeSlot({
        ...sources,
        row: cells,
        keep,
        refreshQuotes: guard(setup.refreshQuotes, index),
        refreshPrice: guard(setup.refreshPrice, index),
      }),
    )
    const at = (index: number | undefined) => {
      const found = index === undefined ? undefined : evaluated[index]
      if (found === undefined) throw new RangeError(`no slot ${index}`)
      return found
    }
    return {
      answer,
      setParams: (json) => {
        if (json !== null) params = deepFreeze(parse(json))
      },
      setState: (index, json) => setState(at(index), json),
      setHoldings: (index, positionId, orders) => {
        const { data } = at(index)
        data.positionId = positionId
        data.orders = deepFreeze(parse(orders))
      },
      evaluate: (indices, from, end) => {
        let next = from
        while (next < end && tryDecide(at(indices[next]))) next++
        return next
      },
    }
  }

  return {
    adopt: () => guarded(adopt),
    evaluate: (text) =>
      guarded(() => {
        const batch: Batch = parse(text)
        for (const { key, reset, keep, rows } of batch.candles) addCandles(key, reset, keep, rows)
        return batch.views.map(evaluateView)
      }),
    migrate: (text) =>
      guarded(() => {
        const request: { states: { slot: string; json: string | null }[]; fromVersion: string } = parse(text)
        return request.states.map(({ slot, json }) => ({ slot, json: migrateState(json, request.fromVersion) }))
      }),
    migrateBack: (text) =>
      guarded(() => {
        const request: { states: { slot: string; json: string }[]; toVersion: string } = parse(text)
        const migrateBack = method('migrateBack')
        if (migrateBack === undefined) throw new TypeError('there is no migrateBack')
        return request.states.map(({ slot, json }) => ({
          slot,
          json: toJson(migrateBack(deepFreeze(parse(json)), request.toVersion), 'migrateBack'),
        }))
      }),
    direct,
  }
}
