import { z } from 'zod'
import { priceSchema, sharesSchema, slotIdSchema, usdSchema } from '../../shared/domain/schemas.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import { fileReport } from '../../shared/file-report.ts'

const count = z.number().int().nonnegative()

/** Records of a recording that came before a segment and could not be written, and the times between which they came. */
const lostRecords = z.object({ records: count, fromTs: z.number(), toTs: z.number() })
export type LostRecords = z.infer<typeof lostRecords>

/** The same in words. */
export function lostText({ records, fromTs, toTs }: LostRecords): string {
  return `${records === 1 ? '1 record' : `${records} records`} from ${isoUtc(fromTs)} to ${isoUtc(toTs)}`
}

const listing = z.object({
  slot: slotIdSchema,
  tick: priceSchema,
  minShares: sharesSchema,
  minStake: usdSchema,
  takerFeePpm: count,
  takerDelayMs: count,
})

/** Block 0 of every segment. */
export const segmentHeader = z.object({
  format: z.literal(1),
  origin: z.enum(['desk', 'import']),
  session: z.string().min(1),
  segment: count,
  /** ms */
  createdAt: z.number(),
  engineBuild: z.string(),
  market: z.string(),
  feed: z.string(),
  /** Where strikes and outcomes come from, for a person. */
  settlement: z.string(),
  /** Notices about results on this tape. */
  notices: z.array(z.string()),
  assets: z.array(z.string()).max(256),
  slots: z.array(z.string()).max(65_536),
  config: z.unknown(),
  /** Terms of each slot at a venue with real books; absent where books were simulated on the terms of `config`. */
  listings: z.array(listing).optional(),
  /** Between the segment before and this one; absent where nothing is missing. */
  lost: lostRecords.optional(),
  /** Books are of a token not known to be Up or Down. */
  unlabelledBooks: z.boolean().optional(),
  sources: z.array(fileReport).optional(),
})
export type SegmentHeader = z.infer<typeof segmentHeader>

/** The last block of a segment that was closed in order: what must have been read by then. */
export const segmentEnd = z.object({
  /** Blocks before this one. */
  blocks: count,
  snapshots: count,
  records: count,
  firstSeq: count,
  nextSeq: count,
  firstTs: z.number(),
  lastTs: z.number(),
})
export type SegmentEnd = z.infer<typeof segmentEnd>
