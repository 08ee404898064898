import { z } from 'zod'
import type { StrategyManifest } from '../../engine/views/view-types.ts'
import { slotIdSchema } from '../../shared/domain/schemas.ts'

export const workerDataSchema = z.object({ bundle: z.string(), name: z.string() })

/** Id of the message that a thread sends once it is running; requests count from 1. */
export const READY_ID = 0

/** Request to a version's thread; `json` is passed to the strategy's context. */
export interface ToWorker {
  readonly id: number
  readonly op: 'load' | 'evaluate' | 'migrate' | 'migrateBack'
  readonly json: string
}

export const fromWorkerSchema = z.object({ id: z.number(), json: z.string() })

const failureSchema = z.object({ message: z.string(), stack: z.string() })
export type StrategyFailure = z.infer<typeof failureSchema>

/** Every result of the harness: a value, or what the strategy threw. */
export function outcomeSchema<T extends z.ZodType>(value: T) {
  return z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), value }),
    z.object({ ok: z.literal(false), error: failureSchema }),
  ])
}

const candleCount = z.int('must be a whole number').min(0).max(720, 'at most 720 candles of history')

/** A strategy's own declarations. */
export const manifestSchema: z.ZodType<StrategyManifest> = z.object({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower case letters, digits and -, as in "snipe"'),
  params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  history: z.object({ '1m': candleCount, '5m': candleCount, '15m': candleCount }),
  wake: z.array(z.number().min(1).max(899)).max(4, 'at most four wake-ups'),
  hasMigrate: z.boolean(),
  hasMigrateBack: z.boolean(),
})

const why = z.string().max(300)
const orderFields = {
  tif: z.enum(['FAK', 'FOK', 'GTC', 'GTD']).optional(),
  postOnly: z.boolean().optional(),
  expiresInSec: z.number().optional(),
  why,
}
const intentSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('enter'),
    side: z.enum(['up', 'down']),
    limit: z.number(),
    stakeUsd: z.number(),
    ...orderFields,
  }),
  z.strictObject({ kind: z.literal('exit'), limit: z.number(), shares: z.number().optional(), ...orderFields }),
  z.strictObject({ kind: z.literal('cancel'), orderId: z.string(), why }),
])

const intentsSchema = z.array(intentSchema).max(8, 'at most 8 intents per decision')

/** The part of an answer that comes from the strategy's code. */
export const decisionSchema = z.object({
  intents: intentsSchema,
  why,
  state: z.string().nullable(),
})

/** Answers to one batch; each slot succeeds or fails on its own. */
export const batchSchema = z.array(
  z.discriminatedUnion('ok', [
    z.object({
      ok: z.literal(true),
      slot: slotIdSchema,
      intents: z.unknown(),
      why: z.unknown(),
      state: z.string().nullable(),
    }),
    z.object({ ok: z.literal(false), slot: slotIdSchema, message: z.string(), stack: z.string() }),
  ]),
)

export const statesSchema = z.array(z.object({ slot: slotIdSchema, json: z.string() }))
