import { z } from 'zod'
import { DIMENSIONS } from '../attribution/trade-columns.ts'
import type { commandSchema } from './commands.ts'
import type { CallName } from './contract.ts'

const none = z.strictObject({})
const limit = z.int().min(1).max(1_000)
const name = z.string().max(100).optional()

/** Schemas of every call's input: what a window sends is parsed before anything is done with it. */
export const CALL_INPUTS = {
  'desk.snapshot': none,
  // The dispatcher parses it, so that a bad command gets its line in the journal like any other.
  'desk.command': z.custom<z.input<typeof commandSchema>>(
    (value) => typeof value === 'object' && value !== null,
    'a command is an object',
  ),
  'chart.get': z.strictObject({ slot: z.string(), frame: z.enum(['1m', '5m', '15m']) }),
  'trades.list': z.strictObject({ limit, version: z.string().max(64).optional() }),
  'orders.list': z.strictObject({ limit }),
  'attribution.records': z.strictObject({
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
  'attribution.compare': z.strictObject({
    before: z.string().max(64),
    after: z.string().max(64),
    at: z.number().nullable(),
    by: z.enum(['trades', 'time']),
  }),
  'attribution.profit': none,
  'attribution.gauge': z.strictObject({ strategy: z.string().max(40) }),
  'files.list': none,
  'files.read': z.strictObject({ path: z.string().max(300) }),
  'files.write': z.strictObject({ path: z.string().max(300), text: z.string(), baseHash: z.string().nullable() }),
  'versions.source': z.strictObject({ hash: z.string() }),
  'proof.diff': z.strictObject({ id: z.string().max(60) }),
  'tapes.list': none,
  'replay.start': z.strictObject({
    strategy: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'a strategy name is lower case letters, digits and -'),
    tape: z.string().min(1).max(300),
    slots: z
      .array(z.string().regex(/^[A-Z0-9]{2,10}-(5m|15m)$/, 'a slot is written like BTC-5m'))
      .min(1)
      .nullable(),
    hours: z.number().positive().max(100_000).nullable(),
    params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).nullable(),
  }),
  'replay.cancel': z.strictObject({ id: z.string().max(60) }),
  'replay.list': none,
  'replay.trades': z.strictObject({ id: z.string().max(60) }),
  'replay.chart': z.strictObject({
    id: z.string().max(60),
    slot: z.string(),
    frame: z.enum(['1m', '5m', '15m']),
  }),
  'editor.types': none,
} as const satisfies Record<CallName, z.ZodType>

export function isCallName(name: string): name is CallName {
  return Object.hasOwn(CALL_INPUTS, name)
}
