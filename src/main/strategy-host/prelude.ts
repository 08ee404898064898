/**
 * Runs inside the strategy's bare V8 context. `prelude` is turned into source text and evaluated there, so it must not
 * refer to anything outside itself. Only strings go in and only strings come out: no object of the host ever enters.
 */

type Row = [number, number, number, number, number, number]

interface RawView {
  readonly slot: string
  readonly asset: string
  readonly state: string
  readonly [field: string]: unknown
}

interface Batch {
  readonly candles: readonly { key: string; reset: boolean; keep: number; rows: readonly Row[] }[]
  readonly views: readonly RawView[]
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
}

export function prelude(): Harness {
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

  const candles = new Map<string, Row[]>()
  let strategy: Definition | undefined

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

  const series = (asset: string, frame: string) => {
    const rows = candles.get(`${asset}:${frame}`) ?? []
    const at = (ago: number, field: number): number => {
      const row = rows[rows.length - 1 - ago]
      if (row === undefined) throw new RangeError(`candle ${ago} of ${frame} is not there: ${rows.length} are`)
      return row[field] ?? 0
    }
    return freeze({
      length: rows.length,
      openTime: (ago: number) => at(ago, 0),
      open: (ago: number) => at(ago, 1),
      high: (ago: number) => at(ago, 2),
      low: (ago: number) => at(ago, 3),
      close: (ago: number) => at(ago, 4),
      volume: (ago: number) => at(ago, 5),
    })
  }

  const decideOne = (raw: RawView): unknown => {
    const decide = fn('decide')
    if (decide === undefined) throw new TypeError('decide is missing')
    const { state, revision: _, ...seen } = raw
    const view = freeze({ ...deepFreeze(seen), candles: (frame: string) => series(raw.asset, frame) })
    const answer = decide(view, deepFreeze(parse(state)), strategy?.params) as
      | Record<string, unknown>
      | null
      | undefined
    if (typeof answer !== 'object' || answer === null) throw new TypeError('decide must return { state, intents }')
    if (typeof answer.then === 'function') throw new TypeError('decide must not be async: it returned a promise')
    if (!('state' in answer)) throw new TypeError('decide returned no state')
    const next = toJson(answer.state, 'state')
    if (next.length > 65_536) throw new RangeError(`state is ${next.length} characters long, allowed 65,536`)
    const intents = answer.intents ?? []
    if (!Array.isArray(intents) || intents.length > 8) throw new RangeError('intents must be a list of at most 8')
    if (typeof answer.why === 'string' && answer.why.length > 300)
      throw new RangeError('why is longer than 300 characters')
    toJson(intents, 'intents')
    return { intents, why: answer.why ?? null, state: next === state ? null : next }
  }

  const each = (views: readonly RawView[]) =>
    views.map((raw) => {
      try {
        return { slot: raw.slot, ok: true, ...(decideOne(raw) as object) }
      } catch (error) {
        return { slot: raw.slot, ok: false, ...failure(error) }
      }
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

  const history = (given: Record<string, unknown> | undefined) => {
    const read = (frame: string) => given?.[frame] ?? 0
    return { '1m': read('1m'), '5m': read('5m'), '15m': read('15m') }
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
        deepFreeze(made.params)
        const wake = Array.isArray(made.wake)
          ? made.wake.map((w: { secondsLeft?: unknown }) => w?.secondsLeft)
          : (made.wake ?? [])
        const manifest = {
          name: made.name,
          params: made.params ?? {},
          history: history(made.history),
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
        for (const { key, reset, keep, rows } of batch.candles) {
          const kept = reset ? [] : (candles.get(key) ?? [])
          kept.push(...rows)
          if (kept.length > keep) kept.splice(0, kept.length - keep)
          candles.set(key, kept)
        }
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
  }
}
