import { z } from 'zod'
import { MICRO } from '../../shared/domain/money.ts'
import {
  deploymentIdSchema,
  ownerSchema,
  priceSchema,
  sharesSchema,
  sideSchema,
  slotIdSchema,
  unixMsSchema,
  usdSchema,
  windowIdSchema,
} from '../../shared/domain/schemas.ts'
import type { SettledTrade, TradePart } from '../../shared/domain/trade.ts'
import { flagColumn, jsonColumn } from './rows.ts'

export const partSchema: z.ZodType<TradePart> = z.object({ owner: ownerSchema, pnl: usdSchema })

/** Columns common to a position that has ended and its stored trade. */
const tradeColumns = {
  /** A position; `deployment window` for what a shadow would have traded. */
  position: z.string(),
  strategy: z.string(),
  slot: slotIdSchema,
  windowId: windowIdSchema,
  side: sideSchema,
  openedAt: unixMsSchema,
  settledAt: unixMsSchema,
  shares: sharesSchema,
  cost: usdSchema,
  fees: usdSchema,
  pnl: usdSchema,
  sold: flagColumn,
  openedBy: ownerSchema,
  settledUnder: ownerSchema,
  deployment: deploymentIdSchema.nullable(),
  regime: z.string(),
  market: z.string(),
  why: z.string(),
  latencyMs: z.number(),
  quote: priceSchema.nullable(),
}

/** A position that has ended, joined from the journal's other tables. */
export const endedPosition = z.object({ ...tradeColumns, payout: usdSchema.nullable() })
export type EndedPosition = z.output<typeof endedPosition>

export const storedTrade: z.ZodType<{ readonly row: number; readonly trade: SettledTrade }> = z
  .object({
    ...tradeColumns,
    row: z.number(),
    parts: jsonColumn(z.array(partSchema)).nullable(),
    payoutUp: priceSchema.nullable(),
  })
  .transform(({ row, payoutUp, ...trade }) => ({
    row,
    trade: { ...trade, outcome: payoutUp === null ? null : payoutUp >= MICRO / 2 ? 'up' : 'down' },
  }))

export const fillOfTrade = z.object({
  ts: unixMsSchema,
  kind: z.enum(['enter', 'exit']),
  shares: sharesSchema,
  cash: usdSchema,
  fee: usdSchema,
})
export type FillOfTrade = z.output<typeof fillOfTrade>

export const handoffOfTrade = z.object({
  ts: unixMsSchema,
  from_owner: ownerSchema,
  to_owner: ownerSchema,
  mark: priceSchema.nullable(),
})
export type HandoffOfTrade = z.output<typeof handoffOfTrade>
