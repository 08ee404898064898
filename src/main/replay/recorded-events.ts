import { z } from 'zod'
import type { EngineEvent, Level } from '../../engine/events.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { commandSchema, explain } from '../../shared/domain/commands.ts'
import { FEED_PROBLEM_CODES } from '../../shared/domain/feed.ts'
import { price, shares } from '../../shared/domain/money.ts'
import {
  assetSchema,
  deploymentIdSchema,
  fillIdSchema,
  orderIdSchema,
  priceSchema,
  sharesSchema,
  slotIdSchema,
  unixMsSchema,
  usdSchema,
  versionHashSchema,
  windowIdSchema,
} from '../../shared/domain/schemas.ts'
import { asset, parseSlot, windowAt } from '../../shared/domain/slots.ts'
import { unixMs } from '../../shared/domain/time.ts'
import { decisionSchema, manifestSchema } from '../strategy-host/protocol.ts'
import { type BookLevels, decodeBook, emptyLevels } from '../tape/book-body.ts'
import { KIND } from '../tape/record-format.ts'
import type { RecordedVersion, RecordedViews } from '../tape/recorder.ts'
import type { TapeCursor } from './tape-cursor.ts'

/** Everything that a desk's own tape holds. */
export type Recorded = EngineEvent | RecordedVersion | RecordedViews

const ts = unixMsSchema
const slot = slotIdSchema
const states = z.array(z.object({ slot, json: z.string() }))
const migratedStates = z.array(z.object({ slot, json: z.string(), fromRevision: z.int() }))

const reportSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('signed'), digest: z.string() }),
  z.object({ type: z.literal('sent') }),
  z.object({ type: z.literal('refused'), reason: z.string() }),
  z.object({ type: z.literal('delayed') }),
  z.object({ type: z.literal('open') }),
  z.object({
    type: z.literal('fill'),
    fillId: fillIdSchema,
    price: priceSchema,
    shares: sharesSchema,
    cash: usdSchema,
    fee: usdSchema,
  }),
  z.object({ type: z.literal('filled') }),
  z.object({ type: z.enum(['cancelled', 'expired', 'rejected']), reason: z.string() }),
  z.object({ type: z.literal('unknown'), reason: z.string() }),
])

const fateSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('confirmed') }),
  z.object({ type: z.literal('failed'), reason: z.string() }),
])

const swapSchema = z.object({
  deployment: deploymentIdSchema,
  reason: z.enum(['deployment', 'rollback']),
  strategy: z.string(),
  version: versionHashSchema,
  label: z.string(),
  manifest: manifestSchema,
  before: z.object({ firstLiveAt: ts.nullable(), decisions: z.int(), faults: z.int() }).nullable(),
  states: migratedStates,
})

const feedProblem = z.object({
  asset: assetSchema,
  code: z.enum(FEED_PROBLEM_CODES).exactOptional(),
  reason: z.string(),
})

/** JSON records of the market itself, whoever recorded them. */
export const marketRecord = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('feed'),
    ts,
    connected: z.boolean(),
    stale: z.array(assetSchema),
    detail: z.string(),
    level: z.enum(['info', 'warn']).exactOptional(),
    problems: z.array(feedProblem).exactOptional(),
  }),
  z.object({ kind: z.literal('strike'), ts, slot, windowId: windowIdSchema, strike: z.number() }),
  z.object({
    kind: z.literal('settled'),
    ts,
    slot,
    windowId: windowIdSchema,
    strike: z.number(),
    close: z.number(),
    payoutUp: priceSchema,
    source: z.string(),
  }),
  z.object({ kind: z.literal('redeemed'), ts, windowId: windowIdSchema }),
])

/** Records that are neither price, book nor candle of a known asset. */
const jsonRecord = z.discriminatedUnion('kind', [
  ...marketRecord.options,
  z.object({
    kind: z.literal('version'),
    version: versionHashSchema,
    strategy: z.string(),
    label: z.string(),
    bundle: z.string(),
  }),
  z.object({
    kind: z.literal('price'),
    ts,
    tsVenue: ts,
    asset: assetSchema,
    price: z.number(),
    volume: z.number(),
  }),
  z.object({ kind: z.literal('cycle'), ts, count: z.int(), slots: z.array(slot).nullable() }),
  z.object({
    kind: z.literal('decisions'),
    ts,
    version: versionHashSchema,
    epoch: z.int(),
    cycle: z.int(),
    decisions: z.array(decisionSchema.extend({ slot })),
    clean: z.boolean(),
  }),
  z.object({
    kind: z.literal('views'),
    ts,
    version: versionHashSchema,
    epoch: z.int(),
    cycle: z.int(),
    hashes: z.record(z.string(), z.string()),
  }),
  z.object({
    kind: z.literal('fault'),
    ts,
    version: versionHashSchema,
    slot: slot.nullable(),
    fatal: z.boolean(),
    message: z.string(),
  }),
  z.object({ kind: z.literal('order'), ts, orderId: orderIdSchema, report: reportSchema }),
  z.object({ kind: z.literal('fill'), ts, orderId: orderIdSchema, fillId: fillIdSchema, fate: fateSchema }),
  z.object({
    kind: z.literal('command'),
    ts,
    source: z.enum(['file', 'kill-file', 'http', 'desk', 'cli', 'tray', 'engine']),
    command: commandSchema,
  }),
  z.object({ kind: z.literal('swap'), ts, swap: swapSchema }),
  z.object({
    kind: z.literal('canary'),
    ts,
    start: z.object({ swap: swapSchema, slots: z.array(slot), stakePpm: z.int().positive() }),
  }),
  z.object({ kind: z.literal('endCanary'), ts, strategy: z.string(), why: z.string() }),
  z.object({ kind: z.literal('adopt'), ts, states }),
  z.object({
    kind: z.literal('hold'),
    ts,
    about: z.enum(['clock', 'journal', 'settings', 'reconcile', 'venue']),
    reason: z.string().nullable(),
  }),
  z.object({ kind: z.literal('begin'), ts }),
  z.object({ kind: z.literal('deposit'), ts, amount: usdSchema }),
])

const levels = emptyLevels()

/** The record that a cursor stands at, as the engine was told it. */
export function recordedAt(cursor: TapeCursor): Result<Recorded> {
  const { reader, header } = cursor
  const at = unixMs(reader.ts)
  switch (reader.kind) {
    case KIND.price: {
      const { price: told, volume, tsVenue } = reader
      const of = asset(header.assets[reader.asset] ?? '')
      return ok({ kind: 'price', ts: at, tsVenue: unixMs(tsVenue), asset: of, price: told, volume })
    }
    case KIND.candle: {
      const { openTime, open, high, low, close, volume, frame } = reader
      return ok({
        kind: 'candle',
        ts: at,
        asset: asset(header.assets[reader.asset] ?? ''),
        frame,
        candle: { openTime: unixMs(openTime), open, high, low, close, volume },
        origin: reader.backfill ? 'backfill' : 'stream',
      })
    }
    case KIND.book:
      return bookAt(cursor)
    default: {
      const parsed = jsonRecord.safeParse(reader.json())
      if (!parsed.success) return err(`a record that is none: ${explain(parsed.error)}`)
      return ok(parsed.data)
    }
  }
}

function bookAt({ reader, header, bytes }: TapeCursor): Result<Recorded> {
  const slot = parseSlot(header.slots[reader.slot] ?? '')
  if (slot === undefined) return err(`the tape has no slot ${reader.slot}`)
  decodeBook(bytes, reader.bodyOffset, reader.tick, levels, reader.bodyEnd)
  const { bids, asks } = levelsOf(levels)
  const { id } = windowAt(slot, unixMs(reader.windowStart * 1000))
  const tick = price(reader.tick)
  return ok({ kind: 'book', ts: unixMs(reader.ts), slot: slot.id, windowId: id, bids, asks, tick })
}

/** Both sides of a decoded book, best first. */
export function levelsOf(of: BookLevels): { readonly bids: Level[]; readonly asks: Level[] } {
  const side = (prices: Float64Array, sizes: Float64Array, count: number) =>
    Array.from({ length: count }, (_, i) => ({ price: price(prices[i] ?? 0), shares: shares(sizes[i] ?? 0) }))
  return { bids: side(of.bidPrice, of.bidShares, of.bidCount), asks: side(of.askPrice, of.askShares, of.askCount) }
}
