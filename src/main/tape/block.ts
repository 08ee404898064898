import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'

/**
 * A block: 60 bytes of header, then the payload as stored, compressed.
 *
 * | at | what |
 * |---|---|
 * | 0 | `BTP1` |
 * | 4 | type (u8), flags (u8), 0 (u16) |
 * | 8 | number of the block in its file (u32) |
 * | 12 | length of the payload, raw and as stored (u32, u32) |
 * | 20 | number of records (u32) |
 * | 24 | sequence number of the first record, or of the next where there is none (f64) |
 * | 32 | time of the first and of the last record, ms (f64, f64) |
 * | 48 | CRC-32 of the stored payload (u32) |
 * | 52 | `prev`: CRC-32 of the header of the block before, 0 in the first (u32) |
 * | 56 | CRC-32 of the 56 bytes before (u32) |
 *
 * The header has a CRC of its own, so that a length that was damaged is told from a file that was cut; it covers the
 * payload's, and through `prev` all blocks before. So flipped bits, removed, moved and foreign blocks are all seen.
 */
export const BLOCK_HEAD = 60
/** A length beyond this is damage, not a payload. */
export const MAX_PAYLOAD = 256 * 1024 * 1024

export const BLOCK = { header: 1, snapshot: 2, records: 3, end: 4 } as const
export type BlockType = (typeof BLOCK)[keyof typeof BLOCK]

/** The first record is earlier than the last one of the block before: the clock was set back, and the file says so. */
export const STEPS_BACK = 1
/** Records before this block were not kept, and the file says so. */
export const AFTER_HOLE = 2

export interface BlockFields {
  readonly type: BlockType
  readonly flags: number
  readonly number: number
  readonly rawLength: number
  readonly storedLength: number
  readonly count: number
  readonly firstSeq: number
  /** ms */
  readonly firstTs: number
  /** ms */
  readonly lastTs: number
  readonly payloadCrc: number
  readonly prev: number
  readonly crc: number
}

/** A block and where it begins in its file. */
export interface BlockInfo extends BlockFields {
  readonly offset: number
}

const MAGIC = 0x3150_5442 // 'BTP1', little-endian

export function encodeHead(fields: Omit<BlockFields, 'crc'>): { readonly bytes: Uint8Array; readonly crc: number } {
  const bytes = new Uint8Array(BLOCK_HEAD)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  bytes[4] = fields.type
  bytes[5] = fields.flags
  view.setUint32(8, fields.number, true)
  view.setUint32(12, fields.rawLength, true)
  view.setUint32(16, fields.storedLength, true)
  view.setUint32(20, fields.count, true)
  view.setFloat64(24, fields.firstSeq, true)
  view.setFloat64(32, fields.firstTs, true)
  view.setFloat64(40, fields.lastTs, true)
  view.setUint32(48, fields.payloadCrc, true)
  view.setUint32(52, fields.prev, true)
  const crc = crc32(bytes.subarray(0, 56))
  view.setUint32(56, crc, true)
  return { bytes, crc }
}

/** Reads a header of `BLOCK_HEAD` bytes; an error where it is none or was changed. */
export function decodeHead(bytes: Uint8Array): Result<BlockFields> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < BLOCK_HEAD || view.getUint32(0, true) !== MAGIC) return err('no block begins here')
  const crc = view.getUint32(56, true)
  if (crc32(bytes.subarray(0, 56)) !== crc) return err("the block's header does not match its checksum")
  const type = typeOf(bytes[4])
  if (type === undefined) return err(`blocks of type ${bytes[4]} are not known: a newer Baton wrote this`)
  return ok({
    type,
    flags: bytes[5] ?? 0,
    number: view.getUint32(8, true),
    rawLength: view.getUint32(12, true),
    storedLength: view.getUint32(16, true),
    count: view.getUint32(20, true),
    firstSeq: view.getFloat64(24, true),
    firstTs: view.getFloat64(32, true),
    lastTs: view.getFloat64(40, true),
    payloadCrc: view.getUint32(48, true),
    prev: view.getUint32(52, true),
    crc,
  })
}

function typeOf(byte: number | undefined): BlockType | undefined {
  return Object.values(BLOCK).find((type) => type === byte)
}

/**
 * zstd at level 1. Measured in Node 24 on blocks of 256 KB of recorded markets, ratio / packed / unpacked MB a second:
 * prices 2.41 / 197 / 485 and books 7.94 / 607 / 1341, against 2.18 / 68 / 415 and 6.63 / 211 / 551 for deflate at level 3.
 * Higher levels cost two to four times the time for less than a tenth in size.
 */
const PACKING = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export function pack(raw: Uint8Array): Uint8Array {
  return zstdCompressSync(raw, PACKING)
}

/** The payload of a block out of its stored bytes. */
export function unpack(fields: BlockFields, stored: Uint8Array): Result<Uint8Array> {
  if (stored.length !== fields.storedLength || crc32(stored) !== fields.payloadCrc)
    return err("the block's content does not match its checksum")
  try {
    const room = Math.max(64, fields.rawLength)
    // In one piece: the default of 16 KB at a time would be put together again after.
    const raw = zstdDecompressSync(stored, { maxOutputLength: room, chunkSize: room })
    return raw.length === fields.rawLength ? ok(raw) : err('the block holds another length than it says')
  } catch (error) {
    return err(`the block cannot be unpacked (${messageOf(error)})`)
  }
}
