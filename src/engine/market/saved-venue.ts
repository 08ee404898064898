import { z } from 'zod'
import { assetSchema, priceSchema, slotIdSchema, unixMsSchema, windowIdSchema } from '../../shared/domain/schemas.ts'
import type { Asset } from '../../shared/domain/slots.ts'
import type { SettlerState } from './settler.ts'

/** State to persist across restarts. Orders are not part of it: this venue ends with the process, and nothing can have filled. */
export interface SavedVenue extends SettlerState {
  readonly means: readonly { readonly asset: Asset; readonly boundary: number; readonly mean: readonly number[] }[]
  /** Venue time of each asset's last price, so that the downtime counts as a gap; absent in older snapshots. */
  readonly heard?: readonly { readonly asset: Asset; readonly lastVenue: number }[] | undefined
}

const dueEvent = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('settled'),
    ts: unixMsSchema,
    slot: slotIdSchema,
    windowId: windowIdSchema,
    strike: z.number(),
    close: z.number(),
    payoutUp: priceSchema,
    source: z.string(),
  }),
  z.object({ kind: z.literal('redeemed'), ts: unixMsSchema, windowId: windowIdSchema }),
])

const savedVenueSchema: z.ZodType<SavedVenue, unknown> = z.object({
  slots: z.array(z.object({ slot: slotIdSchema, windowStart: z.int(), strike: z.number().nullable() })),
  due: z.array(dueEvent),
  means: z.array(z.object({ asset: assetSchema, boundary: z.int(), mean: z.array(z.number()) })).default([]),
  heard: z.array(z.object({ asset: assetSchema, lastVenue: z.number() })).optional(),
})

/** Parses a saved state; null when it is invalid. */
export function readSavedVenue(saved: unknown): SavedVenue | null {
  return savedVenueSchema.safeParse(saved).data ?? null
}
