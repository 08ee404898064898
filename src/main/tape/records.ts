/** The records of a tape: what the engine was told, in order, in bytes. */
export { type BookLevel, type BookLevels, decodeBook, emptyLevels } from './book-body.ts'
export { FRAMES, KIND } from './record-format.ts'
export { RecordReader } from './record-reader.ts'
export { type Chunk, RecordWriter } from './record-writer.ts'
