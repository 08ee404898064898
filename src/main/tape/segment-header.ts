import { z } from 'zod'
import { isoUtc } from '../../shared/domain/time.ts'

const count = z.number().int().nonnegative()

/** What an import found in one file; nothing in it is silent. */
export const sourceReport = z.object({
  /** Name of the file, without its folder. */
  file: z.string(),
  /** What kind of file it was taken for. */
  format: z.string(),
  rows: count,
  /** Rows that became records. */
  kept: count,
  records: count,
  /** Rows left out, by reason. */
  leftOut: z.record(z.string(), count),
  /** Places where the time goes back from one row to the next. */
  backSteps: count,
  /** Stretches in which nothing was recorded. */
  gaps: z.object({ count, totalMs: z.number(), longestMs: z.number().nullable(), longerThanMs: z.number() }),
  /** ms, null where nothing was kept. */
  firstTs: z.number().nullable(),
  lastTs: z.number().nullable(),
  /** The first few of each kind, with the line or row. */
  examples: z.array(z.string()),
  notes: z.array(z.string()),
})
export type SourceReport = z.infer<typeof sourceReport>

/** Records of a session that came before a segment and could not be written, and the times between which they came. */
const lostRecords = z.object({ records: count, fromTs: z.number(), toTs: z.number() })
export type LostRecords = z.infer<typeof lostRecords>

/** How much that is, for a person. */
export function lostText({ records, fromTs, toTs }: LostRecords): string {
  return `${records === 1 ? '1 record' : `${records} records`} from ${isoUtc(fromTs)} to ${isoUtc(toTs)}`
}

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
  /** What whoever reads results on this tape should know. */
  notices: z.array(z.string()),
  assets: z.array(z.string()).max(256),
  slots: z.array(z.string()).max(65_536),
  config: z.unknown(),
  /** Between the segment before and this one; absent where nothing is missing. */
  lost: lostRecords.optional(),
  /** Books are of a token not known to be Up or Down. */
  unlabelledBooks: z.boolean().optional(),
  sources: z.array(sourceReport).optional(),
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
