import type { z } from 'zod'
import { explain } from '../../shared/domain/commands.ts'
import type { RowFault } from './report-builder.ts'

/** What a line of JSON holds, as a schema wants it, or why it does not. */
export function jsonLine<T>(schema: z.ZodType<T>, line: string): { readonly value: T } | RowFault {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { fault: 'malformed', detail: `not JSON: ${JSON.stringify(line.slice(0, 60))}` }
  }
  const parsed = schema.safeParse(value)
  return parsed.success ? { value: parsed.data } : { fault: 'malformed', detail: explain(parsed.error) }
}
