import type { Columns, Given, Raw, ViewMaker } from './view-maker.ts'

/**
 * Runs inside the strategy's bare V8 context. `prelude` is turned into source text and evaluated there, so it must not
 * refer to anything outside itself. Only strings go in and only strings come out: no object of the host ever enters.
 */

type Row = [number, number, number, number, number, number]

interface RawView {
  readonly slot: string
  readonly asset: string
  readonly timeframe: string
  readonly row: readonly (number | null)[]
  readonly positionId: string | null
  readonly orders: readonly unknown[]
  readonly state: string
}

interface Batch {
  readonly candles: readonly { key: string; reset: boolean; keep: number; rows: readonly Row[] }[]
  readonly views: readonly RawView[]
}

/** What a replay gives once: its slots, whose figures are read where they lie. */
export interface DirectSlots {
  readonly slots: readonly {
    readonly slot: string
    readonly asset: string
    readonly timeframe: string
    readonly cells: Float64Array
    readonly clock: Float64Array
    readonly last: Float64Array
    readonly candles: Readonly<Record<string, Columns>>
  }[]
  /** Fill in what a view says only when looked at: all of it, and the newest price alone. */
  readonly fill: (index: number) => void
  readonly look: (index: number) => void
}

/** Asks a strategy without text in between. What is answered stands in `answer` until the next call. */
export interface Direct {
  readonly answer: { why: string; state: string | null; intents: string | null; fault: string | null; stack: string }
  /** @param params other than the strategy's own; null = its own */
  use(params: string | null): void
  state(index: number, json: string): void
  held(index: number, positionId: string | null, orders: string): void
  /**
   * Asks about the slots whose indices stand in `turn` from `from` on, until one changes something or gives another
   * reason than it gave last time. The loop is here so that V8 can make one piece of it and of what it calls.
   * @returns the place in `turn` of that slot, whose answer stands in `answer`; `end` where none before `end` did
   */
  ask(turn: Int32Array, from: number, end: number): number
}

interface Definition {
  name: unknown
  params?: Record<string, unknown>
  history?: Record<string, unknown>
  wake?: unknown
  initialState?: unknown
  migrate?: unknown
  migrateBack?: unknown
  decide?: unknown
}

/** What the host may call; each takes and returns JSON text. */
export interface Harness {
  adopt(): string
  evaluate(batch: string): string
  migrate(request: string): string
  migrateBack(request: string): string
  direct(setup: DirectSlots): Direct
}

export function prelude(makeView: ViewMaker): Harness {
  const allowed = new Set(
    (
      'Object Function Array Number Boolean String Symbol Math JSON Map Set WeakMap WeakSet RegExp BigInt Proxy Reflect ' +
      'Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError Iterator ' +
      'parseFloat parseInt isNaN isFinite NaN Infinity undefined globalThis ' +
      'encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape'
    ).split(' '),
  )
  const world = globalThis as unknown as Record<string, unknown>
  const { parse, stringify } = JSON
  const freeze = Object.freeze

  for (const name of Object.getOwnPropertyNames(world)) if (!allowed.has(name)) delete world[name]
  // Random numbers, the locale of the machine and stack inspection are inputs that no tape holds.
  delete (Math as unknown as Record<string, unknown>).random
  for (const proto of [Number, String, Array, BigInt, Object].map(
    (f) => f.prototype as unknown as Record<string, unknown>,
  )) {
    for (const name of Object.getOwnPropertyNames(proto)) if (/locale|normalize/i.test(name)) delete proto[name]
  }
  delete (Error as unknown as Record<string, unknown>).captureStackTrace
  for (const name of allowed) {
    const value = world[name] as { prototype?: object } | undefined
    if (value === undefined || value === null || name === 'globalThis') continue
    if (typeof value === 'function' || typeof value === 'object') {
      freeze(value)
      // A frozen prototype would refuse `this.name = …` in a strategy's own error class.
      if (value.prototype !== undefined && !name.endsWith('Error')) freeze(value.prototype)
    }
  }

  /** A slot's view with what it reads from and the state that its strategy last left. */
  interface Seat {
    readonly raw: Raw
    readonly view: object
    json: string
    state: unknown
    /** The reason it gave last. */
    why: string | null
  }
  interface Series {
    readonly openTime: number[]
    readonly open: number[]
    readonly high: number[]
    readonly low: number[]
    readonly close: number[]
    readonly volume: number[]
    end: number
  }
  const FRAMES = ['1m', '5m', '15m']
  const seats = new Map<string, Seat>()
  const candles = new Map<string, Series>()
  let strategy: Definition | undefined
  let params: unknown

  const deepFreeze = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
      freeze(value)
      for (const inner of Object.values(value)) deepFreeze(inner)
    }
    return value
  }

  const toJson = (value: unknown, what: string): string => {
    const text = stringify(value, (key, inner: unknown) => {
      if (typeof inner === 'number' && !Number.isFinite(inner)) {
        throw new TypeError(`${what}: ${key === '' ? 'value' : key} is ${inner}, not a finite number`)
      }
      if (typeof inner === 'function' || typeof inner === 'symbol' || typeof inner === 'bigint') {
        throw new TypeError(`${what}: ${key === '' ? 'value' : key} is a ${typeof inner}, which JSON cannot hold`)
      }
      return inner
    })
    if (text === undefined) throw new TypeError(`${what} is undefined`)
    return text
  }

  const failure = (error: unknown) => {
    const known = error as { message?: unknown; stack?: unknown } | null
    return { message: String(known?.message ?? error).slice(0, 500), stack: String(known?.stack ?? '').slice(0, 4000) }
  }

  const guarded = (work: () => unknown): string => {
    try {
      return stringify({ ok: true, value: work() })
    } catch (error) {
      return stringify({ ok: false, error: failure(error) })
    }
  }

  const fn = (name: 'decide' | 'initialState' | 'migrate' | 'migrateBack') => {
    const found = strategy?.[name]
    return typeof found === 'function' ? (found as (...args: unknown[]) => unknown).bind(strategy) : undefined
  }

  /** Asked before every call: a strategy may change itself. */
  const decides = (it: Definition | undefined): it is Definition & { decide(...given: unknown[]): unknown } =>
    typeof it?.decide === 'function'

  const limits = () => {
    const read = (frame: string) => {
      const count = strategy?.history?.[frame]
      return typeof count === 'number' ? count : 0
    }
    return { '1m': read('1m'), '5m': read('5m'), '15m': read('15m') }
  }

  const sit = (given: Given): Seat => ({ ...makeView(given), json: '', state: undefined, why: null })

  const setState = (seat: Seat, json: string): void => {
    if (seat.json === json) return
    seat.json = json
    seat.state = deepFreeze(parse(json))
  }

  const answer: Direct['answer'] = { why: '', state: null, intents: null, fault: null, stack: '' }

  /**
   * Calls `decide` for a slot whose figures are in place, and checks what it gave back. Throws what it threw.
   * @returns true where the answer is the one before over again, which `answer` then need not hold
   */
  const decideOne = (seat: Seat): boolean => {
    if (!decides(strategy)) throw new TypeError('decide is missing')
    const made = strategy.decide(seat.view, seat.state, params) as Record<string, unknown> | null | undefined
    if (typeof made !== 'object' || made === null) throw new TypeError('decide must return { state, intents }')
    if (typeof made.then === 'function') throw new TypeError('decide must not be async: it returned a promise')
    const { state, intents, why } = made
    // The state it was given is frozen: the same object has not changed. Most answers by far end here.
    const kept = state === seat.state && state !== undefined
    if (kept && intents === undefined && why === seat.why && typeof why === 'string') return true
    answer.state = null
    if (!kept) {
      if (!('state' in made)) throw new TypeError('decide returned no state')
      const next = toJson(state, 'state')
      if (next.length > 65_536) throw new RangeError(`state is ${next.length} characters long, allowed 65,536`)
      if (next !== seat.json) answer.state = next
    }
    answer.intents = null
    if (intents !== undefined && intents !== null) {
      if (!Array.isArray(intents) || intents.length > 8) throw new RangeError('intents must be a list of at most 8')
      if (intents.length > 0) answer.intents = toJson(intents, 'intents')
    }
    const first = answer.intents === null ? undefined : (intents as { why?: unknown }[])[0]?.why
    const said = why === undefined || why === null ? (first ?? 'hold') : why
    if (typeof said !== 'string') throw new TypeError('why must be a text')
    if (said.length > 300) throw new RangeError('why is longer than 300 characters')
    answer.why = said
    const again = said === seat.why && answer.intents === null && answer.state === null
    seat.why = said
    return again
  }

  /** @returns true where the answer is the one before over again: that of `seat.why`, with nothing intended or changed */
  const attempt = (seat: Seat): boolean => {
    let again = false
    seat.raw.open = true
    try {
      again = decideOne(seat)
      answer.fault = null
    } catch (error) {
      const { message, stack } = failure(error)
      answer.fault = message
      answer.stack = stack
      // What comes next is told in full: another slot may have spoken since this one last did.
      seat.why = null
    }
    seat.raw.open = false
    return again
  }

  const columnsOf = (key: string): Series => {
    const found = candles.get(key)
    if (found !== undefined) return found
    const made = { openTime: [], open: [], high: [], low: [], close: [], volume: [], end: 0 }
    candles.set(key, made)
    return made
  }

  const addCandles = (key: string, reset: boolean, keep: number, rows: readonly Row[]): void => {
    const { openTime, open, high, low, close, volume } = columnsOf(key)
    const columns = [openTime, open, high, low, close, volume]
    if (reset) for (const column of columns) column.length = 0
    for (const row of rows) for (let i = 0; i < columns.length; i++) columns[i]?.push(row[i] ?? 0)
    if (openTime.length > keep) for (const column of columns) column.splice(0, column.length - keep)
    columnsOf(key).end = openTime.length
  }

  const seatOf = (view: RawView): Seat => {
    const found = seats.get(view.slot)
    if (found !== undefined) return found
    const { slot, asset, timeframe } = view
    const of = Object.fromEntries(FRAMES.map((frame) => [frame, columnsOf(`${asset}:${frame}`)]))
    const seat = sit({
      slot,
      asset,
      timeframe,
      row: view.row,
      clock: view.row,
      last: view.row,
      candles: of,
      keep: limits(),
      fill: null,
      look: null,
    })
    seats.set(slot, seat)
    return seat
  }

  const each = (views: readonly RawView[]) =>
    views.map((view) => {
      const seat = seatOf(view)
      seat.raw.row = view.row
      seat.raw.clock = view.row
      seat.raw.last = view.row
      seat.raw.positionId = view.positionId
      seat.raw.orders = deepFreeze(view.orders)
      setState(seat, view.state)
      if (attempt(seat)) return { slot: view.slot, ok: true, intents: [], why: seat.why, state: null }
      if (answer.fault !== null) return { slot: view.slot, ok: false, message: answer.fault, stack: answer.stack }
      const intents: unknown = answer.intents === null ? [] : parse(answer.intents)
      return { slot: view.slot, ok: true, intents, why: answer.why, state: answer.state }
    })

  const sameShape = (a: unknown, b: unknown): boolean => {
    if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b)
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return typeof a === typeof b
    const keys = Object.keys(a)
    const other = b as Record<string, unknown>
    const mine = a as Record<string, unknown>
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && sameShape(mine[key], other[key]))
  }

  const moveState = (old: string | null, fromVersion: string): string => {
    const initial = fn('initialState')
    if (initial === undefined) throw new TypeError('initialState is missing')
    const fresh = toJson(initial(), 'initialState')
    if (old === null) return fresh
    const migrate = fn('migrate')
    if (migrate !== undefined) return toJson(migrate(deepFreeze(parse(old)), fromVersion), 'migrate')
    if (sameShape(parse(old), parse(fresh))) return old
    throw new TypeError(
      `the state of ${fromVersion} does not fit initialState, and there is no migrate: ${old.slice(0, 200)}`,
    )
  }

  return {
    adopt: () =>
      guarded(() => {
        const made = (world.__strategy as { default?: Definition } | undefined)?.default
        if (typeof made !== 'object' || made === null)
          throw new TypeError('there is no default export; end with `export default defineStrategy({ … })`')
        if (typeof made.decide !== 'function')
          throw new TypeError(
            'decide is missing: a strategy needs `decide: (view, state, params) => ({ state, intents })`',
          )
        if (typeof made.initialState !== 'function')
          throw new TypeError('initialState is missing: a strategy needs `initialState: () => ({ … })`')
        strategy = made
        params = deepFreeze(made.params)
        const wake = Array.isArray(made.wake)
          ? made.wake.map((w: { secondsLeft?: unknown }) => w?.secondsLeft)
          : (made.wake ?? [])
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
      }),
    evaluate: (text) =>
      guarded(() => {
        const batch = parse(text) as Batch
        for (const { key, reset, keep, rows } of batch.candles) addCandles(key, reset, keep, rows)
        return each(batch.views)
      }),
    migrate: (text) =>
      guarded(() => {
        const { states, fromVersion } = parse(text) as {
          states: { slot: string; json: string | null }[]
          fromVersion: string
        }
        return states.map(({ slot, json }) => ({ slot, json: moveState(json, fromVersion) }))
      }),
    migrateBack: (text) =>
      guarded(() => {
        const { states, toVersion } = parse(text) as { states: { slot: string; json: string }[]; toVersion: string }
        const back = fn('migrateBack')
        if (back === undefined) throw new TypeError('there is no migrateBack')
        return states.map(({ slot, json }) => ({
          slot,
          json: toJson(back(deepFreeze(parse(json)), toVersion), 'migrateBack'),
        }))
      }),
    direct: ({ slots, fill, look }) => {
      const keep = limits()
      const guard = (tell: (index: number) => void, index: number) => () => {
        try {
          tell(index)
        } catch {
          // What the host throws must not reach a strategy.
          throw new TypeError('the view could not be filled in')
        }
      }
      const seated = slots.map(({ slot, asset, timeframe, cells, clock, last, candles: of }, index) => {
        return sit({
          slot,
          asset,
          timeframe,
          row: cells,
          clock,
          last,
          candles: of,
          keep,
          fill: guard(fill, index),
          look: guard(look, index),
        })
      })
      const at = (index: number) => {
        const found = seated[index]
        if (found === undefined) throw new RangeError(`no slot ${index}`)
        return found
      }
      return {
        answer,
        use: (json) => {
          if (json !== null) params = deepFreeze(parse(json))
        },
        state: (index, json) => setState(at(index), json),
        held: (index, positionId, orders) => {
          const { raw } = at(index)
          raw.positionId = positionId
          raw.orders = deepFreeze(parse(orders))
        },
        ask: (turn, from, end) => {
          let next = from
          while (next < end && attempt(at(turn[next] as number))) next++
          return next
        },
      }
    },
  }
}
