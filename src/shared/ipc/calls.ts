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
 * Everything a window may ask of a desk. This map is the whole contract: the types of inputs and replies, the check of what a
 * window sends, and the names that the preload bridge lets through are all made from it. Expected refusals come back as values;
 * a rejection is a broken desk. All of it survives structured clone and JSON.
 */

/** One call: the schema of its input, and the type of its reply, which exists for the compiler alone. */
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
    // The dispatcher parses it, so that a bad command gets its line in the journal like any other.
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
   * The trades before a change against those after it, by the hashes of the two versions.
   * `at`: moment of the change; trades of the earlier version after it, and of the later one before it, do not count.
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
  /** Replays the strategy's files as they are now. `hours`: only the newest part of the tape. */
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
  /** The tape's own candles around the replay's trades in one slot. */
  'replay.chart': call(z.strictObject({ id, slot: slotIdSchema, frame })).replies<ChartData>(),
  /** Declaration file of the module `baton`, for the editor. */
  'editor.types': call(none).replies<{ readonly text: string }>(),
} as const

export type CallName = keyof typeof CALLS
/** What a window sends. */
export type CallInput<N extends CallName> = z.input<(typeof CALLS)[N]['input']>
/** The same once it has been parsed. */
export type ParsedInput<N extends CallName> = z.output<(typeof CALLS)[N]['input']>
export type CallOutput<N extends CallName> = {
  [K in N]: (typeof CALLS)[K] extends Call<z.ZodType, infer Reply> ? Reply : never
}[N]
/** Parses what a window sends for a call. @returns an error that names call and field */
export function parseInput<N extends CallName>(name: N, input: unknown): Result<ParsedInput<N>> {
  const schema: z.ZodType = CALLS[name].input
  const parsed = schema.safeParse(input)
  // The compiler cannot follow a schema that is looked up by a generic name.
  return parsed.success ? ok(parsed.data as ParsedInput<N>) : err(`${name}: ${explain(parsed.error)}`)
}

/** One handler a call; a promise where the reply is made by a thread. */
export type CallHandlers = {
  readonly [N in CallName]: (input: ParsedInput<N>) => CallOutput<N> | Promise<CallOutput<N>>
}

export function isCallName(text: string): text is CallName {
  return Object.hasOwn(CALLS, text)
}
