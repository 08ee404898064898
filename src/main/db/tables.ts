import { z } from 'zod'
import type { Candle } from '../../shared/domain/feed.ts'
import {
  EVENT_KINDS,
  type Fill,
  HANDOFF_REASONS,
  type LedgerEntry,
  type Order,
  type Position,
} from '../../shared/domain/records.ts'
import {
  deploymentIdSchema,
  fillIdSchema,
  orderIdSchema,
  orderKindSchema,
  ownerSchema,
  positionIdSchema,
  priceSchema,
  sharesSchema,
  sideSchema,
  slotIdSchema,
  stateSchema,
  unixMsSchema,
  usdSchema,
  versionHashSchema,
  windowIdSchema,
} from '../../shared/domain/schemas.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import type { EventRow } from '../../shared/ipc/desk-view.ts'
import { flagColumn } from './rows.ts'

/** One schema per table: its stored columns, and its row as a domain type. */

const tagColumns = {
  version: ownerSchema,
  deployment: deploymentIdSchema.nullable(),
  regime: z.string(),
  market: z.string(),
}

export const positionColumns = z.object({
  ...tagColumns,
  id: positionIdSchema,
  slot: slotIdSchema,
  window_id: windowIdSchema,
  window_end: unixMsSchema,
  side: sideSchema,
  opened_at: unixMsSchema,
  opened_by: ownerSchema,
  owned_by: ownerSchema,
  state: stateSchema('position'),
  shares: sharesSchema,
  cost: usdSchema,
  bought_shares: sharesSchema,
  bought_cost: usdSchema,
  fees: usdSchema,
  realised: usdSchema,
  payout: usdSchema.nullable(),
  settled_at: unixMsSchema.nullable(),
})

export const positionRow: z.ZodType<Position> = positionColumns.transform((row) => ({
  id: row.id,
  slot: row.slot,
  windowId: row.window_id,
  windowEnd: row.window_end,
  side: row.side,
  openedAt: row.opened_at,
  openedBy: row.opened_by,
  ownedBy: row.owned_by,
  state: row.state,
  shares: row.shares,
  cost: row.cost,
  boughtShares: row.bought_shares,
  boughtCost: row.bought_cost,
  fees: row.fees,
  realised: row.realised,
  payout: row.payout,
  settledAt: row.settled_at,
  version: row.version,
  deployment: row.deployment,
  regime: row.regime,
  market: row.market,
}))

export const orderColumns = z.object({
  ...tagColumns,
  id: orderIdSchema,
  created_at: unixMsSchema,
  cycle: z.int(),
  slot: slotIdSchema,
  window_id: windowIdSchema,
  window_end: unixMsSchema,
  kind: orderKindSchema,
  side: sideSchema,
  tif: z.enum(['FAK', 'FOK', 'GTC', 'GTD']),
  post_only: flagColumn,
  expires_at: unixMsSchema.nullable(),
  limit_price: priceSchema,
  stake: usdSchema,
  quantity: sharesSchema,
  reserve: usdSchema,
  position_id: positionIdSchema.nullable(),
  why: z.string(),
  quote: priceSchema.nullable(),
  state: stateSchema('order'),
  owner: ownerSchema,
  digest: z.string().nullable(),
  filled_shares: sharesSchema,
  filled_cost: usdSchema,
  fee: usdSchema,
  reason: z.string().nullable(),
  updated_at: unixMsSchema,
})

export const orderRow: z.ZodType<Order> = orderColumns.transform((row) => ({
  id: row.id,
  createdAt: row.created_at,
  cycle: row.cycle,
  slot: row.slot,
  windowId: row.window_id,
  windowEnd: row.window_end,
  kind: row.kind,
  side: row.side,
  tif: row.tif,
  postOnly: row.post_only,
  expiresAt: row.expires_at,
  limit: row.limit_price,
  stake: row.stake,
  quantity: row.quantity,
  reserve: row.reserve,
  positionId: row.position_id,
  why: row.why,
  quote: row.quote,
  state: row.state,
  owner: row.owner,
  digest: row.digest,
  filledShares: row.filled_shares,
  filledCost: row.filled_cost,
  fee: row.fee,
  reason: row.reason,
  updatedAt: row.updated_at,
  version: row.version,
  deployment: row.deployment,
  regime: row.regime,
  market: row.market,
}))

export const fillRow: z.ZodType<Fill> = z
  .object({
    ...tagColumns,
    id: fillIdSchema,
    order_id: orderIdSchema,
    position_id: positionIdSchema,
    ts: unixMsSchema,
    kind: orderKindSchema,
    price: priceSchema,
    shares: sharesSchema,
    cash: usdSchema,
    fee: usdSchema,
    cost_sold: usdSchema,
    state: stateSchema('fill'),
    fate_at: unixMsSchema.nullable(),
    reason: z.string().nullable(),
  })
  .transform((row) => ({
    id: row.id,
    orderId: row.order_id,
    positionId: row.position_id,
    ts: row.ts,
    kind: row.kind,
    price: row.price,
    shares: row.shares,
    cash: row.cash,
    fee: row.fee,
    costSold: row.cost_sold,
    state: row.state,
    fateAt: row.fate_at,
    reason: row.reason,
    version: row.version,
    deployment: row.deployment,
    regime: row.regime,
    market: row.market,
  }))

export const ledgerRow: z.ZodType<LedgerEntry> = z.object({
  ts: unixMsSchema,
  kind: z.enum(['deposit', 'buy', 'sell', 'resolve', 'redeem', 'reverse', 'void']),
  ref: z.string(),
  cash: usdSchema,
  cost: usdSchema,
  locked: usdSchema,
  deposit: usdSchema,
  realised: usdSchema,
  fee: usdSchema,
  voided: usdSchema,
})

export const candleRow: z.ZodType<Candle> = z
  .object({
    open_time: unixMsSchema,
    open: z.number(),
    high: z.number(),
    low: z.number(),
    close: z.number(),
    volume: z.number(),
  })
  .transform(({ open_time, ...prices }) => ({ openTime: open_time, ...prices }))

export const outcomeRow = z
  .object({ slot: slotIdSchema, window_id: windowIdSchema, payout_up: priceSchema })
  .transform(({ slot, window_id, payout_up }) => ({ slot, windowId: window_id, payoutUp: payout_up }))

export const redemptionRow = z
  .object({
    window_id: windowIdSchema,
    asked_at: unixMsSchema.nullable(),
    times: z.number(),
    paid_at: unixMsSchema.nullable(),
  })
  .transform(({ window_id, asked_at, times, paid_at }) => ({
    windowId: window_id,
    askedAt: asked_at,
    times,
    paidAt: paid_at,
  }))

const savedState = { slot: slotIdSchema, revision: z.number(), json: z.string() }
export const strategyStateRow = z.object({ ...savedState, strategy: z.string() })
export const retainedStateRow = z.object({ ...savedState, version: versionHashSchema })

/** The newest handoff of a position or order, with the strategy of the version that had it before. */
export const handoffRow = z.intersection(
  z.object({ reason: z.enum(HANDOFF_REASONS), strategy: z.string().nullable() }),
  z.discriminatedUnion('subject', [
    z.object({ subject: z.literal('position'), subject_id: positionIdSchema }),
    z.object({ subject: z.literal('order'), subject_id: orderIdSchema }),
  ]),
)

export const pauseRow = z.discriminatedUnion('subject', [
  z.object({ subject: z.literal('slot'), name: slotIdSchema, reason: z.string() }),
  z.object({ subject: z.literal('strategy'), name: z.string(), reason: z.string() }),
])

export const deskRow = z.object({
  trading: z.enum(['running', 'paused', 'killed']),
  trading_reason: z.string().nullable(),
  trading_until: unixMsSchema.nullable(),
  flatten: flagColumn,
  freeze_reason: z.string().nullable(),
  freeze_until: unixMsSchema.nullable(),
})

export const eventRow: z.ZodType<EventRow> = z.object({
  seq: z.number(),
  ts: z.number(),
  level: z.enum(['info', 'warn', 'error']),
  kind: z.enum(EVENT_KINDS),
  slot: slotIdSchema.nullable(),
  message: z.string(),
})

export const totalsRow = z.object({
  version: z.string(),
  trades: z.number(),
  wins: z.number(),
  pnl: usdSchema,
  fees: usdSchema,
  evens: z.number(),
})

export const liveRow = z.object({ strategy: z.string(), version: versionHashSchema, deployment: deploymentIdSchema })

/** Columns that identify a version to people. */
export const versionRefColumns = {
  hash: versionHashSchema,
  strategy: z.string(),
  label: z.string(),
  number: z.number(),
}

export const versionRefRow: z.ZodType<VersionRef> = z.object(versionRefColumns)

/** A stored version without its sources. */
export const versionRow = z
  .object({
    ...versionRefColumns,
    manifest: z.string(),
    bundle: z.string(),
    source_map: z.string(),
    state: stateSchema('version'),
    first_live_at: unixMsSchema.nullable(),
    decisions: z.number(),
    faults: z.number(),
    tenure: z.string().nullable(),
  })
  .transform(({ source_map, first_live_at, ...row }) => ({
    ...row,
    sourceMap: source_map,
    firstLiveAt: first_live_at,
  }))

export type StoredVersionRow = z.output<typeof versionRow>
