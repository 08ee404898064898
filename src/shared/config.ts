import { z } from 'zod'
import { defaultSlots, parseSlot, type Slot, type SlotId } from './domain/slots.ts'

const dollars = (fallback: number) => z.number().positive().max(1_000_000).default(fallback)
const slotName = z.string().refine((text) => parseSlot(text) !== undefined, 'a slot is written like BTC-5m')
const loopbackOrHost = z.url()

/** config.json. Every bound and wait has its default here; an unknown key is refused, so that none is misspelt. */
const configSchema = z.strictObject({
  slots: z
    .array(slotName)
    .min(1)
    .default(() => defaultSlots().map((slot) => slot.id)),
  /** Which strategy trades a slot: `BTC-5m`, or `*-5m` for all that nothing names. */
  assign: z
    .record(z.string().regex(/^(\*|[A-Z0-9]{2,10})-(5m|15m)$/), z.string())
    .default({ '*-5m': 'snipe', '*-15m': 'fade' }),
  /** Paper money the account starts with. */
  accountUsd: dollars(1_000),
  caps: z
    .strictObject({
      stakePerOrderUsd: dollars(10),
      exposurePerWindowUsd: dollars(12),
      exposurePerAssetUsd: dollars(24),
      exposurePerAccountUsd: dollars(80),
      ordersPerMinute: z.int().min(1).max(2_400).default(40),
      lossPerDayUsd: dollars(150),
    })
    .prefault({}),
  /** A version that has not answered a batch by then is stopped. */
  decisionDeadlineMs: z.int().min(20).max(4_000).default(1_000),
  faultsInRow: z.int().min(1).max(100).default(3),
  stalePriceMs: z.int().min(1_000).max(60_000).default(10_000),
  /** Seconds of the closing mean that decides a window; 0 = the last price. */
  settlementMeanSec: z.int().min(0).max(240).default(60),
  deployOn: z.enum(['save', 'reload']).default('save'),
  /** The replay of recent tape that every candidate passes before it may go live. It gates safety, never profit. */
  proof: z
    .strictObject({
      /** Newest hours of the desk's own tape. */
      hours: z
        .number()
        .positive()
        .max(24 * 31)
        .default(24),
      /** With less than this the proof is insufficient, and says so. */
      minHours: z
        .number()
        .positive()
        .max(24 * 31)
        .default(1),
      maxFaults: z.int().min(0).default(0),
      maxOrdersPerMinute: z.int().min(1).default(30),
      maxStakeUsd: dollars(10),
      maxDrawdownUsd: dollars(100),
    })
    .prefault({}),
  /** The recording of everything the engine is told. */
  tape: z
    .strictObject({
      record: z.boolean().default(true),
      /** Recordings older than this are removed. */
      keepHours: z
        .number()
        .positive()
        .max(24 * 366)
        .default(24 * 14),
      /** All recordings together; the oldest are removed first. */
      maxMb: z.number().min(10).max(1_000_000).default(4_000),
      /** Keeps what a venue sent, frame by frame, as well: for looking into, not for replays. */
      rawFrames: z.boolean().default(false),
      rawMaxMb: z.number().min(1).max(1_000_000).default(1_000),
    })
    .prefault({}),
  paper: z
    .strictObject({
      latencyMs: z.int().min(0).max(5_000).default(25),
      /** Time a simulated or recorded price takes to the desk. */
      feedDelayMs: z.int().min(0).max(5_000).default(500),
      takerDelayMs: z.int().min(0).max(5_000).default(150),
      feeRate: z.number().min(0).max(1).default(0.07),
      minShares: z.number().min(0).default(5),
      minStakeUsd: z.number().min(0).default(1),
      /** Chance in a million that a matched trade is reversed by the chain. */
      reversalPpm: z.int().min(0).max(1_000_000).default(300),
    })
    .prefault({}),
  binance: z
    .strictObject({
      restUrl: loopbackOrHost.default('https://data-api.binance.vision'),
      wsUrl: loopbackOrHost.default('wss://data-stream.binance.vision'),
    })
    .prefault({}),
  /** Port of the browser desk and the API on 127.0.0.1; 0 = none. */
  port: z.int().min(0).max(65_535).default(4747),
})

export type Config = z.infer<typeof configSchema>

/** Reads a config; the error names every key that is wrong and what it should be. */
export function parseConfig(input: unknown): { ok: true; value: Config } | { ok: false; error: string } {
  const parsed = configSchema.safeParse(input)
  if (parsed.success) return { ok: true, value: parsed.data }
  const known = Object.keys(configSchema.shape).join(', ')
  const lines = parsed.error.issues.map((issue) => {
    const where = issue.path.join('.')
    const unknown = issue.code === 'unrecognized_keys' ? ` (known at the top: ${known})` : ''
    return `${where === '' ? '' : `${where}: `}${issue.message}${unknown}`
  })
  return { ok: false, error: lines.join('; ') }
}

/** The strategy that the assignments give each slot; a slot's own entry goes before the `*` of its timeframe. */
export function assignSlots(assign: Config['assign'], slots: readonly Slot[]): Map<SlotId, string> {
  const found = new Map<SlotId, string>()
  for (const slot of slots) {
    const strategy = assign[slot.id] ?? assign[`*-${slot.timeframe}`]
    if (strategy !== undefined) found.set(slot.id, strategy)
  }
  return found
}
