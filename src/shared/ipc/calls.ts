import { z } from 'zod'
import type { Comparison } from '../attribution/compare.ts'
import type { OverfitGauge } from '../attribution/overfit.ts'
import { DIMENSIONS } from '../attribution/trade-columns.ts'
import type { Result } from '../domain/base.ts'
import { err, ok } from '../domain/base.ts'
import { type CommandOutcome, type commandSchema, explain, strategyNameSchema } from '../domain/commands.ts'
import type { DecisionDifference } from '../domain/proofs.ts'
import type { ReplayRow, ReplayStart, ReplayTrade, TapeEntry } from '../domain/replays.ts'
import { slotIdSchema } from '../domain/schemas.ts'
import type { ChartData, ProfitHistory } from './chart-view.ts'
import type { AttributionRow, DeskSnapshot, OrderRow, TradeRow } from './desk-view.ts'
import type { FileEntry, FileText, VersionSource, WriteResult } from './files.ts'

/**
 * All calls from a window to a desk. Types of inputs and replies, input validation and the names allowed by the preload bridge
 * are derived from this map. Expected refusals are returned as values; a rejected promise means a failure of the desk. All
 * values survive structured clone and JSON.
 */

/** One call: the schema of its input, and the type of its reply, which exists only at compile time. */
interface Call<Input extends z.ZodType, Reply> {
  readonly input: Input
  readonly reply?: (reply: Reply) => void
}

function call<Input extends z.ZodType>(input: Input): { replies: <Reply>() => Call<Input, Reply> } {
  return { replies: () => ({ input }) }
}

const none = z.strictObject({})
const limit = z.int().min(1).max(1_000)
const name = z.string().max(100).optional()
const id = z.string().max(60)
const hash = z.string().max(64)
const path = z.string().max(300)
const frame = z.enum(['1m', '5m', '15m'])

export const CALLS = {
  'desk.snapshot': call(none).replies<DeskSnapshot>(),
  'desk.command': call(
    // The dispatcher parses it, so that invalid commands are journaled, too.
    z.custom<z.input<typeof commandSchema>>(
      (value) => typeof value === 'object' && value !== null,
      'a command is an object',
    ),
  ).replies<CommandOutcome>(),
  'chart.get': call(z.strictObject({ slot: slotIdSchema, frame })).replies<ChartData>(),
  'trades.list': call(z.strictObject({ limit, version: hash.optional() })).replies<readonly TradeRow[]>(),
  'orders.list': call(z.strictObject({ limit })).replies<readonly OrderRow[]>(),
  'attribution.records': call(
    z.strictObject({
      by: z.array(z.enum(DIMENSIONS)).max(DIMENSIONS.length),
      filter: z.strictObject({
        version: name,
        strategy: name,
        regime: name,
        slot: name,
        market: name,
        deployment: name,
        from: z.number().optional(),
        to: z.number().optional(),
      }),
    }),
  ).replies<readonly AttributionRow[]>(),
  /**
   * Compares the trades of two versions, given by hash. `at`: time of the change; trades of the earlier version after it, and
   * of the later one before it, do not count.
   */
  'attribution.compare': call(
    z.strictObject({ before: hash, after: hash, at: z.number().nullable(), by: z.enum(['trades', 'time']) }),
  ).replies<Comparison>(),
  'attribution.profit': call(none).replies<ProfitHistory>(),
  'attribution.gauge': call(z.strictObject({ strategy: z.string().max(40) })).replies<OverfitGauge>(),
  'files.list': call(none).replies<readonly FileEntry[]>(),
  'files.read': call(z.strictObject({ path })).replies<FileText | null>(),
  'files.write': call(
    z.strictObject({ path, text: z.string(), baseHash: z.string().nullable() }),
  ).replies<WriteResult>(),
  'versions.source': call(z.strictObject({ hash })).replies<VersionSource | null>(),
  'proof.diff': call(z.strictObject({ id })).replies<readonly DecisionDifference[]>(),
  'tapes.list': call(none).replies<readonly TapeEntry[]>(),
  /** Replays the strategy's current files. `hours`: limits the replay to the newest part of the tape. */
  'replay.start': call(
    z.strictObject({
      strategy: strategyNameSchema,
      tape: z.string().min(1).max(300),
      slots: z.array(slotIdSchema).min(1).nullable(),
      hours: z.number().positive().max(100_000).nullable(),
      params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).nullable(),
    }),
  ).replies<ReplayStart>(),
  'replay.cancel': call(z.strictObject({ id })).replies<{ readonly ok: boolean }>(),
  /** Newest first. */
  'replay.list': call(none).replies<readonly ReplayRow[]>(),
  /** Newest first, at most 1,000. */
  'replay.trades': call(z.strictObject({ id })).replies<readonly ReplayTrade[]>(),
  /** The tape's candles around the replay's trades in one slot. */
  'replay.chart': call(z.strictObject({ id, slot: slotIdSchema, frame })).replies<ChartData>(),
  /** Declaration file of the module `baton`, for the editor. */
  'editor.types': call(none).replies<{ readonly text: string }>(),
} as const

export type CallName = keyof typeof CALLS
/** Input as sent by a window. */
export type CallInput<N extends CallName> = z.input<(typeof CALLS)[N]['input']>
/** Input after parsing. */
export type ParsedInput<N extends CallName> = z.output<(typeof CALLS)[N]['input']>
export type CallOutput<N extends CallName> = {
  [K in N]: (typeof CALLS)[K] extends Call<z.ZodType, infer Reply> ? Reply : never
}[N]

/** Parses a window's input of a call. @returns an error that names the call and the field */
export function parseInput<N extends CallName>(name: N, input: unknown): Result<ParsedInput<N>> {
  const schema: z.ZodType = CALLS[name].input
  const parsed = schema.safeParse(input)
  // The compiler cannot follow a schema that is looked up by a generic name.
  return parsed.success ? ok(parsed.data as ParsedInput<N>) : err(`${name}: ${explain(parsed.error)}`)
}

/** One handler per call; it returns a promise if a thread computes the reply. */
export type CallHandlers = {
  readonly [N in CallName]: (input: ParsedInput<N>) => CallOutput<N> | Promise<CallOutput<N>>
}

export function isCallName(text: string): text is CallName {
  return Object.hasOwn(CALLS, text)
}
