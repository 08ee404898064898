/** The file of a tape: blocks that are chained, checked and compressed. */
export { AFTER_HOLE, BLOCK, type BlockInfo, STEPS_BACK } from './block.ts'
export { type SegmentHeader, type SourceReport, segmentHeader } from './segment-header.ts'
export { damageText, readSegment, type Segment, type SegmentReport, type TapeDamage } from './segment-reader.ts'
export { type RepairReport, repairSegment } from './segment-repair.ts'
export { type VerifiedSegment, verifySegment } from './segment-verify.ts'
export { type SegmentFile, SegmentWriter, type StoredBlock } from './segment-writer.ts'
export type { Hole } from './tally.ts'
