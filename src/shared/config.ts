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
  /**
   * Minutes after its end at which a window without an outcome counts as unsettleable: what is held there is named, gives its
   * cap back (not on live), and may be voided by hand. A simulated window settles within five.
   */
  unsettledMinutes: z.number().min(6).max(1_440).default(15),
  /**
   * A live feed's price that leaves the range of the last minute by more than `jumpPercent` is withheld, and its asset not
   * entered, until prices near it have come for `confirmSeconds`, at least `confirmPrices` of them, or the price is back.
   */
  priceGuard: z
    .strictObject({
      jumpPercent: z.number().min(2).max(1_000).default(20),
      confirmSeconds: z.number().min(1).max(600).default(30),
      confirmPrices: z.int().min(2).max(1_000).default(5),
    })
    .prefault({}),
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
  /** Who manages what a version has open when the next one of its strategy takes over; `handoff` for those not named. */
  handover: z.record(z.string(), z.enum(['handoff', 'drain'])).default({}),
  /** What may hold a candidate back although it is sound. A person can override any of it, with a reason. */
  policy: z
    .strictObject({
      /** Markets in which cooldown, tilt guard, regime coverage and quiet hold; a freeze holds in all. */
      enforceOn: z.array(z.enum(['simulated', 'paper', 'live'])).default(['paper', 'live']),
      /** What becomes of a candidate while deployments are frozen: it is checked, proved and waits, or it is refused at once. */
      whileFrozen: z.enum(['refuse', 'wait']).default('wait'),
      /** A candidate that has waited longer is given up. */
      waitMinutes: z.number().positive().max(10_080).default(240),
      /** Realised profit this far below the day's peak freezes deployments until the next UTC day. */
      freezeDrawdownUsd: dollars(75),
      /** As many deployments of one UTC day freeze further ones until the next. */
      deploymentsPerDay: z.int().min(1).default(24),
      /** A shadow is played up to the newest recording as often as this. */
      shadowSeconds: z.number().min(1).max(3_600).default(60),
      /** As many automatic rollbacks freeze deployments until a person unfreezes them. */
      rollbacksToFreeze: z.int().min(1).default(2),
      /** A live version stays this long and this many settled trades, or the longer time whatever it traded. */
      cooldown: z
        .strictObject({
          minMinutes: z.number().min(0).max(10_080).default(10),
          minTrades: z.int().min(0).max(10_000).default(10),
          maxMinutes: z.number().min(0).max(10_080).default(60),
        })
        .prefault({}),
      /** After so many losing trades in a row a deployment waits, or says why it cannot. */
      tilt: z
        .strictObject({
          losses: z.int().min(1).max(1_000).default(5),
          waitMinutes: z.number().min(0).max(1_440).default(30),
        })
        .prefault({}),
      /** Windows of the regime ruling now that the proof must hold, in this share of the slots. */
      regime: z
        .strictObject({
          minWindows: z.int().min(0).max(10_000).default(3),
          minSlots: z.number().min(0).max(1).default(0.75),
        })
        .prefault({}),
      /** No swap while a slot is in the last seconds of its window; 0 = off. It goes ahead after the limit. */
      quiet: z
        .strictObject({
          lastSeconds: z.number().min(0).max(840).default(0),
          limitMinutes: z.number().min(0).max(1_440).default(10),
        })
        .prefault({}),
    })
    .prefault({}),
  /** What a canary gets where nothing else is said. */
  canary: z
    .strictObject({
      /** Of its strategy's slots, at least one. */
      slotsPercent: z.number().positive().max(100).default(25),
      stakePercent: z.number().positive().max(100).default(100),
    })
    .prefault({}),
  /** The first windows of a new version, watched; beyond a bound the last good version comes back by itself. */
  probation: z
    .strictObject({
      /** Settled windows of each of its slots; 0 = no probation. */
      windows: z.int().min(0).max(1_000).default(3),
      /** It ends then at the latest. */
      maxHours: z.number().positive().max(168).default(6),
      maxFaults: z.int().min(0).default(2),
      maxLate: z.int().min(0).default(2),
      maxRejected: z.int().min(0).default(5),
      maxDrawdownUsd: dollars(50),
      /** The win rate is looked at from so many settled trades on. */
      minTrades: z.int().min(1).default(8),
      /** So unlikely may so few wins be, by the proof's own win rate. */
      worseThan: z.number().min(0).max(0.5).default(0.002),
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

/**
 * What can be read of a config that is not readable as a whole: each key that is wrong has its default, which is nobody's
 * wish, so that a desk that starts on it must not enter anything (I12).
 * @param input any JSON value; undefined where there is not even that
 */
export function salvageConfig(input: unknown): Config {
  // A copy of its own to take keys out of; it is JSON by now.
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

/** Takes out of a tree the key that an issue is about, or the unknown keys that it names. */
function drop(tree: object, issue: z.core.$ZodIssue): void {
  const path = issue.path.map(String)
  const names = issue.code === 'unrecognized_keys' ? issue.keys : [path.pop() ?? '']
  let at: unknown = tree
  for (const [i, name] of path.entries()) {
    const next: unknown = typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined
    // An entry of a list cannot be left out by itself: the list goes.
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

/** The strategy that the assignments give each slot; a slot's own entry goes before the `*` of its timeframe. */
export function assignSlots(assign: Config['assign'], slots: readonly Slot[]): Map<SlotId, string> {
  const found = new Map<SlotId, string>()
  for (const slot of slots) {
    const strategy = assign[slot.id] ?? assign[`*-${slot.timeframe}`]
    if (strategy !== undefined) found.set(slot.id, strategy)
  }
  return found
}
