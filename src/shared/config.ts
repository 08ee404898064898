import { z } from 'zod'
import { MARKETS } from './domain/market.ts'
import { defaultSlots, parseSlot, type Slot, type SlotId } from './domain/slots.ts'

const dollars = (fallback: number) => z.number().positive().max(1_000_000).default(fallback)
const slotName = z.string().refine((text) => parseSlot(text) !== undefined, 'a slot is written like BTC-5m')
const loopbackOrHost = z.url()

/** Schema of config.json with all defaults. Unknown keys are refused, so that a misspelt key is never ignored. */
const configSchema = z.strictObject({
  slots: z
    .array(slotName)
    .min(1)
    .default(() => defaultSlots().map((slot) => slot.id)),
  /** Strategy by slot: `BTC-5m`, or `*-5m` for all slots of a timeframe without an entry. */
  assign: z
    .record(z.string().regex(/^(\*|[A-Z0-9]{2,10})-(5m|15m)$/), z.string())
    .default({ '*-5m': 'snipe', '*-15m': 'fade' }),
  /** Initial paper money. */
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
  /** Deadline for a batch, ms; a version that misses it is stopped. */
  decisionDeadlineMs: z.int().min(20).max(4_000).default(1_000),
  faultsInRow: z.int().min(1).max(100).default(3),
  stalePriceMs: z.int().min(1_000).max(60_000).default(10_000),
  /** Length of the closing mean that settles a window, in seconds; 0 = the last price. */
  settlementMeanSec: z.int().min(0).max(240).default(60),
  /**
   * Minutes after its end at which a window without an outcome counts as unsettleable: its position is reported, no longer
   * counts against the caps (except with live money), and may be voided. A simulated window settles within five.
   */
  unsettledMinutes: z.number().min(6).max(1_440).default(15),
  /**
   * A live price beyond the range of the last minute by more than `jumpPercent` is withheld, and entries in its asset are
   * refused, until at least `confirmPrices` prices over `confirmSeconds` confirm it, or until prices return.
   */
  priceGuard: z
    .strictObject({
      jumpPercent: z.number().min(2).max(1_000).default(20),
      confirmSeconds: z.number().min(1).max(600).default(30),
      confirmPrices: z.int().min(2).max(1_000).default(5),
    })
    .prefault({}),
  deployOn: z.enum(['save', 'reload']).default('save'),
  /** The proof: a replay of recent tape before a candidate may go live. It checks safety, never profit. */
  proof: z
    .strictObject({
      /** Newest hours of the desk's own tape. */
      hours: z
        .number()
        .positive()
        .max(24 * 31)
        .default(24),
      /** With less tape the proof's verdict is `insufficient`. */
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
  /** By strategy: whether a swap hands open positions over (`handoff`, default) or the old version drains them. */
  handover: z.record(z.string(), z.enum(['handoff', 'drain'])).default({}),
  /** Rules that may hold a sound candidate back. A person can override them with a reason. */
  policy: z
    .strictObject({
      /** Markets in which cooldown, tilt guard, regime coverage and quiet apply; a freeze applies in all. */
      enforceOn: z.array(z.enum(MARKETS)).default(['paper', 'live']),
      /** What happens to a candidate during a freeze: it is checked, proved and waits, or it is refused at once. */
      whileFrozen: z.enum(['refuse', 'wait']).default('wait'),
      /** Maximum waiting time of a candidate. */
      waitMinutes: z.number().positive().max(10_080).default(240),
      /** Drawdown of the day's realised profit that freezes deployments until the next UTC day. */
      freezeDrawdownUsd: dollars(75),
      /** Number of deployments in one UTC day that freezes further ones until the next. */
      deploymentsPerDay: z.int().min(1).default(24),
      /** Interval at which a shadow is played up to the newest recording. */
      shadowSeconds: z.number().min(1).max(3_600).default(60),
      /** Number of automatic rollbacks that freezes deployments until a person unfreezes them. */
      rollbacksToFreeze: z.int().min(1).default(2),
      /** Minimum time and number of settled trades of a live version; after the longer time the trades are not required. */
      cooldown: z
        .strictObject({
          minMinutes: z.number().min(0).max(10_080).default(10),
          minTrades: z.int().min(0).max(10_000).default(10),
          maxMinutes: z.number().min(0).max(10_080).default(60),
        })
        .prefault({}),
      /** Number of consecutive losing trades after which a deployment waits. */
      tilt: z
        .strictObject({
          losses: z.int().min(1).max(1_000).default(5),
          waitMinutes: z.number().min(0).max(1_440).default(30),
        })
        .prefault({}),
      /** Windows of the current regime that the proof must contain, in this share of the slots. */
      regime: z
        .strictObject({
          minWindows: z.int().min(0).max(10_000).default(3),
          minSlots: z.number().min(0).max(1).default(0.75),
        })
        .prefault({}),
      /** No swap in the last seconds of a slot's window; 0 = off. After the limit the swap goes ahead. */
      quiet: z
        .strictObject({
          lastSeconds: z.number().min(0).max(840).default(0),
          limitMinutes: z.number().min(0).max(1_440).default(10),
        })
        .prefault({}),
    })
    .prefault({}),
  /** Default part of a canary. */
  canary: z
    .strictObject({
      /** Share of its strategy's slots; at least one slot. */
      slotsPercent: z.number().positive().max(100).default(25),
      stakePercent: z.number().positive().max(100).default(100),
    })
    .prefault({}),
  /** Probation of a new live version; exceeding a limit rolls back to the last kept version. */
  probation: z
    .strictObject({
      /** Settled windows of each of its slots; 0 = no probation. */
      windows: z.int().min(0).max(1_000).default(3),
      /** Maximum duration. */
      maxHours: z.number().positive().max(168).default(6),
      maxFaults: z.int().min(0).default(2),
      maxLate: z.int().min(0).default(2),
      maxRejected: z.int().min(0).default(5),
      maxDrawdownUsd: dollars(50),
      /** Minimum number of settled trades for checking the win rate. */
      minTrades: z.int().min(1).default(8),
      /** Minimum probability of at most this many wins, given the proof's win rate. */
      worseThan: z.number().min(0).max(0.5).default(0.002),
    })
    .prefault({}),
  /** Recording of all engine events. */
  tape: z
    .strictObject({
      record: z.boolean().default(true),
      /** Recordings older than this are removed. */
      keepHours: z
        .number()
        .positive()
        .max(24 * 366)
        .default(24 * 14),
      /** Maximum size of all recordings; the oldest are removed first. */
      maxMb: z.number().min(10).max(1_000_000).default(4_000),
      /** Also keeps the raw frames of venues, for diagnosis; replays do not use them. */
      rawFrames: z.boolean().default(false),
      rawMaxMb: z.number().min(1).max(1_000_000).default(1_000),
    })
    .prefault({}),
  paper: z
    .strictObject({
      latencyMs: z.int().min(0).max(5_000).default(25),
      /** Delay of a simulated or recorded price on its way to the desk. */
      feedDelayMs: z.int().min(0).max(5_000).default(500),
      takerDelayMs: z.int().min(0).max(5_000).default(150),
      feeRate: z.number().min(0).max(1).default(0.07),
      minShares: z.number().min(0).default(5),
      minStakeUsd: z.number().min(0).default(1),
      /** Probability, in parts per million, that a matched trade fails on chain. */
      reversalPpm: z.int().min(0).max(1_000_000).default(300),
    })
    .prefault({}),
  binance: z
    .strictObject({
      restUrl: loopbackOrHost.default('https://data-api.binance.vision'),
      wsUrl: loopbackOrHost.default('wss://data-stream.binance.vision'),
    })
    .prefault({}),
  /** Hosts of Polymarket's read side. */
  polymarket: z
    .strictObject({
      gammaUrl: loopbackOrHost.default('https://gamma-api.polymarket.com'),
      clobUrl: loopbackOrHost.default('https://clob.polymarket.com'),
      marketWsUrl: loopbackOrHost.default('wss://ws-subscriptions-clob.polymarket.com/ws/market'),
      rtdsUrl: loopbackOrHost.default('wss://ws-live-data.polymarket.com'),
      polyboltUrl: loopbackOrHost.default('wss://ws-live-v2.polymarket.com/ws'),
      siteUrl: loopbackOrHost.default('https://polymarket.com'),
      dataUrl: loopbackOrHost.default('https://data-api.polymarket.com'),
    })
    .prefault({}),
  /** Port of the browser desk and the API on 127.0.0.1; 0 = none. */
  port: z.int().min(0).max(65_535).default(4747),
})

export type Config = z.infer<typeof configSchema>

/** Parses a config; the error names every invalid key and what it should be. */
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

/**
 * The readable part of an invalid config, with defaults for invalid keys. Nobody chose these values, so a desk that starts
 * with them must not enter positions (I12).
 * @param input any JSON value; undefined when it is not JSON
 */
export function salvageConfig(input: unknown): Config {
  // A copy from which keys can be removed; the input is JSON.
  let rest: unknown = JSON.parse(JSON.stringify(input ?? null))
  for (;;) {
    const parsed = configSchema.safeParse(rest)
    if (parsed.success) return parsed.data
    if (typeof rest !== 'object' || rest === null || Array.isArray(rest)) {
      rest = {}
      continue
    }
    for (const issue of parsed.error.issues) drop(rest, issue)
  }
}

/** Removes from a tree the key of an issue, or the unknown keys it names. */
function drop(tree: object, issue: z.core.$ZodIssue): void {
  const path = issue.path.map(String)
  const names = issue.code === 'unrecognized_keys' ? issue.keys : [path.pop() ?? '']
  let at: unknown = tree
  for (const [i, name] of path.entries()) {
    const next: unknown = typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined
    // Single entries of a list cannot be removed, so the whole list is.
    if (Array.isArray(next) && typeof at === 'object' && at !== null) {
      Reflect.deleteProperty(at, name)
      return
    }
    if (typeof next !== 'object' || next === null) {
      Reflect.deleteProperty(typeof at === 'object' && at !== null ? at : tree, path[i] ?? '')
      return
    }
    at = next
  }
  if (typeof at === 'object' && at !== null) for (const name of names) Reflect.deleteProperty(at, name)
}

/** Resolves assignments to a strategy per slot; a slot's own entry takes precedence over its timeframe's `*`. */
export function assignSlots(assign: Config['assign'], slots: readonly Slot[]): Map<SlotId, string> {
  const found = new Map<SlotId, string>()
  for (const slot of slots) {
    const strategy = assign[slot.id] ?? assign[`*-${slot.timeframe}`]
    if (strategy !== undefined) found.set(slot.id, strategy)
  }
  return found
}
