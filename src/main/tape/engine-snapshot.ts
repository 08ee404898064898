import { deserialize, serialize } from 'node:v8'
import { z } from 'zod'
import { Engine } from '../../engine/engine.ts'
import type { EngineState } from '../../engine/state.ts'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { explain } from '../../shared/domain/commands.ts'
import type { Candle } from '../../shared/domain/feed.ts'
import { type Asset, asset } from '../../shared/domain/slots.ts'
import { unixMs } from '../../shared/domain/time.ts'

/**
 * An engine's state in V8's serialisation: shared references stay shared, and numbers stay exact
 * to the bit. Only the engine build that wrote it can restore it; later builds read only `minutesIn`.
 */
export function snapshotOf(engine: Engine): Uint8Array {
  for (const asset of engine.state.assets.values()) asset.clearViewTime()
  return serialize(engine.state)
}

/** The engine as it was; the bytes must come from the same engine build. */
export function engineFrom(snapshot: Uint8Array): Result<Engine> {
  try {
    const saved = deserialize(snapshot) as EngineState
    const engine = new Engine(saved.config)
    graft(engine.state, saved, new Map([[saved.config, saved.config]]))
    return ok(engine)
  } catch (error) {
    return err(`no engine can be made of the snapshot: ${messageOf(error)}`)
  }
}

/** A snapshot as plain data, for comparison; undefined if it cannot be read. */
export function stateIn(snapshot: Uint8Array): unknown {
  try {
    return deserialize(snapshot)
  } catch {
    return undefined
  }
}

/**
 * Copies a saved tree of objects into a fresh one. Existing objects keep their class and identity; what
 * the saved tree refers to twice is one object here, too.
 * @param done saved object → what stands for it here
 * @returns what stands for `saved`
 */
function graft(fresh: unknown, saved: unknown, done: Map<object, unknown>): unknown {
  if (typeof saved !== 'object' || saved === null || ArrayBuffer.isView(saved)) return saved
  if (done.has(saved)) return done.get(saved)
  if (saved instanceof Set) return saved
  if (saved instanceof Map) return graftMap(fresh instanceof Map ? fresh : new Map(), saved, done)
  const into = typeof fresh === 'object' && fresh !== null ? fresh : Array.isArray(saved) ? [] : {}
  done.set(saved, into)
  if (Array.isArray(into) && Array.isArray(saved)) into.length = saved.length
  for (const [key, value] of Object.entries(saved)) {
    Reflect.set(into, key, graft(Reflect.get(into, key), value, done))
  }
  return into
}

function graftMap(into: Map<unknown, unknown>, saved: Map<unknown, unknown>, done: Map<object, unknown>): unknown {
  done.set(saved, into)
  for (const key of into.keys()) if (!saved.has(key)) into.delete(key)
  for (const [key, value] of saved) into.set(key, graft(into.get(key), value, done))
  return into
}

const column = z.instanceof(Float64Array)
const minutesSchema = z.object({
  assets: z.map(
    z.string(),
    z.object({
      candles: z.object({
        '1m': z.object({
          columns: z.object({
            openTime: column,
            open: column,
            high: column,
            low: column,
            close: column,
            volume: column,
            end: z.int().nonnegative(),
          }),
        }),
      }),
    }),
  ),
})

/** Closed one-minute candles of each asset in a snapshot, oldest first; an error where another build kept them otherwise. */
export function minutesIn(snapshot: Uint8Array): Result<ReadonlyMap<Asset, readonly Candle[]>> {
  const parsed = minutesSchema.safeParse(stateIn(snapshot))
  if (!parsed.success) return err(`no candles can be read from its snapshot: ${explain(parsed.error)}`)
  const byAsset = new Map(
    [...parsed.data.assets].map(([name, { candles }]) => {
      const { end, ...c } = candles['1m'].columns
      const at = (from: Float64Array, i: number) => from[i] ?? Number.NaN
      const minutes = Array.from({ length: end }, (_, i) => ({
        openTime: unixMs(at(c.openTime, i)),
        open: at(c.open, i),
        high: at(c.high, i),
        low: at(c.low, i),
        close: at(c.close, i),
        volume: at(c.volume, i),
      }))
      return [asset(name), minutes]
    }),
  )
  return ok(byAsset)
}
