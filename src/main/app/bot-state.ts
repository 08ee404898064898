import { z } from 'zod'
import type { Engine } from '../../engine/engine.ts'
import { unixMs } from '../../shared/domain/time.ts'

const candleSchema = z.object({
  openTime: z.number().transform(unixMs),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
})

const snapshotSchema = z.object({
  forming: z.array(z.tuple([z.string(), candleSchema])).default([]),
  /** Of the source that makes the prices; only it can read this. */
  prices: z.unknown().optional(),
  /** Of a venue in the desk's own time; only it can read this. */
  venue: z.unknown().optional(),
  /** Name of the same in homes up to schema 6. */
  paper: z.unknown().optional(),
})

export type BotState = z.infer<typeof snapshotSchema>

/** The snapshot written every 30 s: what the tables do not hold, and the rest for comparison. */
export function botState(engine: Engine, venue: unknown, prices: unknown): string {
  const s = engine.state
  return JSON.stringify({
    ts: s.now,
    cycle: s.cycle,
    trading: s.trading,
    cash: s.ledger.cash,
    locked: s.ledger.locked,
    costOfOpen: s.ledger.costOfOpen,
    live: Object.fromEntries(s.live),
    positions: [...s.positions.values()],
    orders: [...s.orders.values()],
    states: [...s.slots.values()].map((slot) => ({
      slot: slot.id,
      revision: slot.revision,
      json: slot.stateJson,
    })),
    forming: [...s.assets.values()].flatMap(({ asset, candles }) => {
      const candle = candles['1m'].current()
      return candle === undefined ? [] : [[asset, candle]]
    }),
    venue,
    prices,
  })
}

/** Reads a snapshot back. An unreadable snapshot is ignored; the tables are authoritative. */
export function parseBotState(json: string | undefined): BotState | undefined {
  if (json === undefined) return undefined
  try {
    const parsed = snapshotSchema.safeParse(JSON.parse(json))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
