/** The records of a tape: what the engine was told, in order, in bytes. */
export { type BookLevel, type BookLevels, decodeBook, emptyLevels } from './book-body.ts'
export { FRAMES, KIND, type RecordKind } from './record-format.ts'
export { type RecordError, RecordReader } from './record-reader.ts'
export { type CandleFields, type Chunk, RecordWriter } from './record-writer.ts'
