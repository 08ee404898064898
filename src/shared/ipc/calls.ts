import { z } from 'zod'
import type { commandSchema } from './commands.ts'
import type { CallName } from './contract.ts'

const none = z.strictObject({})
const limit = z.int().min(1).max(1_000)

/** Schemas of every call's input: what a window sends is parsed before anything is done with it. */
export const CALL_INPUTS = {
  'desk.snapshot': none,
  // The dispatcher parses it, so that a bad command gets its line in the journal like any other.
  'desk.command': z.custom<z.input<typeof commandSchema>>(
    (value) => typeof value === 'object' && value !== null,
    'a command is an object',
  ),
  'chart.get': z.strictObject({ slot: z.string(), frame: z.enum(['1m', '5m', '15m']) }),
  'pnl.get': none,
  'trades.list': z.strictObject({ limit }),
  'orders.list': z.strictObject({ limit }),
  'files.list': none,
  'files.read': z.strictObject({ path: z.string().max(300) }),
  'files.write': z.strictObject({ path: z.string().max(300), text: z.string(), baseHash: z.string().nullable() }),
  'versions.source': z.strictObject({ hash: z.string() }),
  'editor.types': none,
} as const satisfies Record<CallName, z.ZodType>

export function isCallName(name: string): name is CallName {
  return Object.hasOwn(CALL_INPUTS, name)
}
