import { z } from 'zod'
import { priceSchema, sharesSchema, unixMsSchema, windowIdSchema } from '../../shared/domain/schemas.ts'
import type { WindowId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { TakenLevel } from './taken-depth.ts'

/** State to persist across restarts. Orders are not part of it: this venue ends with the process, and nothing can have filled. */
export interface SavedPaper {
  readonly kind: 'paper'
  /** Payouts to come. */
  readonly payouts: readonly { readonly windowId: WindowId; readonly ts: UnixMs }[]
  readonly taken: readonly TakenLevel[]
}

const savedPaperSchema: z.ZodType<SavedPaper, unknown> = z.object({
  kind: z.literal('paper'),
  payouts: z.array(z.object({ windowId: windowIdSchema, ts: unixMsSchema })),
  taken: z.array(
    z.object({ windowId: windowIdSchema, side: z.enum(['bids', 'asks']), price: priceSchema, taken: sharesSchema }),
  ),
})

/** Parses a saved state; null when it is invalid. */
export function readSavedPaper(saved: unknown): SavedPaper | null {
  return savedPaperSchema.safeParse(saved).data ?? null
}
