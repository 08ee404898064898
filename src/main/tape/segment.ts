/** The file of a tape: blocks that are chained, checked and compressed. */
export { BLOCK } from './block.ts'
export { type LostRecords, lostText, type SegmentHeader } from './segment-header.ts'
export { damageText, loadSegment, readSegment, type Segment, type TapeDamage } from './segment-reader.ts'
export { repairSegment } from './segment-repair.ts'
export { verifySegment } from './segment-verify.ts'
export { type SegmentFile, SegmentWriter } from './segment-writer.ts'
