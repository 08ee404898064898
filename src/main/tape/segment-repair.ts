import { readFileSync, rmSync } from 'node:fs'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import { BLOCK, BLOCK_HEAD, type BlockInfo, decodeHead, unpack } from './block.ts'
import { segmentHeader } from './segment-header.ts'
import { parseJson } from './segment-reader.ts'
import { SegmentWriter } from './segment-writer.ts'
import { type Hole, Tally } from './tally.ts'

/** What a repair found and did; whatever it left out is named. */
export interface RepairReport {
  readonly path: string
  readonly out: string
  readonly blocks: number
  readonly records: number
  /** Blocks that stood out of order and were put back. */
  readonly moved: number
  /** Blocks that were there more than once. */
  readonly duplicates: number
  /** One line for each block or stretch of bytes that could not be used. */
  readonly leftOut: readonly string[]
  /** Records that are now missing. */
  readonly holes: readonly Hole[]
}

interface Found extends BlockInfo {
  readonly stored: Uint8Array
}

/** Writes what is sound in a damaged segment to `out`, in order, with its holes named in the header. */
export function repairSegment(path: string, out: string): Result<RepairReport> {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (error) {
    return err(`${path}: it cannot be read (${messageOf(error)})`)
  }
  const leftOut: string[] = []
  const found = scan(bytes, leftOut)
  const moved = found.filter((block, i) => block.number < (found[i - 1]?.number ?? 0)).length
  const { chain, duplicates } = inOrder(found, leftOut)
  const first = chain[0]
  if (first === undefined || first.type !== BLOCK.header)
    return err(`${path}: its header is lost, and without it no record can be read`)
  const written = rewrite(out, chain, leftOut)
  if (!written.ok) return err(written.error)
  return ok({ path, out, moved, duplicates, leftOut, ...written.value })
}

/** Every sound block in the file, wherever it stands. */
function scan(bytes: Uint8Array, leftOut: string[]): Found[] {
  const found: Found[] = []
  let lost = 0
  let offset = 0
  const closeGap = () => {
    if (lost > 0) leftOut.push(`${lost} bytes at ${offset - lost} that are no sound block`)
    lost = 0
  }
  while (offset < bytes.length) {
    const block = blockAt(bytes, offset, leftOut)
    if (block === undefined) {
      lost++
      offset++
      continue
    }
    closeGap()
    if (block.stored.length > 0) found.push(block)
    offset += BLOCK_HEAD + block.storedLength
  }
  closeGap()
  return found
}

/** A block whose header is sound; one whose content is not comes without content, and is named. */
function blockAt(bytes: Uint8Array, offset: number, leftOut: string[]): Found | undefined {
  // Cheaper than a header's checksum at every byte of a lost stretch.
  if (bytes[offset] !== 0x42) return undefined
  const head = decodeHead(bytes.subarray(offset, offset + BLOCK_HEAD))
  if (!head.ok) return undefined
  const at = offset + BLOCK_HEAD
  if (at + head.value.storedLength > bytes.length) return undefined
  const stored = bytes.subarray(at, at + head.value.storedLength)
  const raw = unpack(head.value, stored)
  if (raw.ok) return { ...head.value, offset, stored }
  leftOut.push(`block ${head.value.number} at byte ${offset}: ${raw.error}`)
  return { ...head.value, offset, stored: stored.subarray(0, 0) }
}

/** By number, each once, and only what follows from the block before where that one is there. */
function inOrder(found: readonly Found[], leftOut: string[]): { readonly chain: Found[]; readonly duplicates: number } {
  const chain: Found[] = []
  let duplicates = 0
  for (const block of found.toSorted((a, b) => a.number - b.number)) {
    const last = chain.at(-1)
    if (last?.number === block.number && last.crc === block.crc) {
      duplicates++
      continue
    }
    const foreign = last !== undefined && last.number >= block.number - 1 && last.crc !== block.prev
    if (foreign) leftOut.push(`block ${block.number} at byte ${block.offset}: it is of another recording`)
    else chain.push(block)
  }
  return { chain, duplicates }
}

/** Copies the blocks under new numbers; the header says what is missing. */
function rewrite(
  out: string,
  chain: readonly Found[],
  leftOut: string[],
): Result<Pick<RepairReport, 'blocks' | 'records' | 'holes'>> {
  const head = chain[0]
  const raw = head === undefined ? err('the header is lost') : unpack(head, head.stored)
  if (!raw.ok) return raw
  const header = parseJson(raw.value, segmentHeader)
  if (!header.ok) return header
  const { kept, tally } = plan(chain, leftOut)
  const notices = [
    ...header.value.notices,
    'This tape was repaired: what could not be read is left out.',
    ...leftOut.map((line) => `Left out: ${line}.`),
    ...tally.holes.map(holeText),
  ]
  const created = SegmentWriter.create(out, { ...header.value, notices })
  if (!created.ok) return created
  const written = copyAll(created.value, kept)
  if (!written.ok) {
    created.value.close()
    rmSync(out, { force: true })
    return written
  }
  return ok({ blocks: kept.length + 2, records: tally.records, holes: tally.holes })
}

function copyAll(writer: SegmentWriter, blocks: readonly Found[]): Result<void> {
  for (const block of blocks) {
    const copied = writer.copy({ fields: block, stored: block.stored })
    if (!copied.ok) return copied
  }
  return writer.seal()
}

/** Which blocks can stand one after the other, and the holes between them and at the end. */
function plan(chain: readonly Found[], leftOut: string[]): { readonly kept: readonly Found[]; readonly tally: Tally } {
  const tally = new Tally()
  const kept: Found[] = []
  for (const block of chain) {
    if (block.type !== BLOCK.snapshot && block.type !== BLOCK.records) continue
    // A snapshot behind a hole is of a record that is not the next one here: nothing can be replayed from it.
    if (block.type === BLOCK.snapshot && kept.length > 0 && block.firstSeq !== tally.nextSeq) {
      leftOut.push(`the snapshot of block ${block.number}: the records before it are missing`)
      continue
    }
    tally.add(block)
    kept.push(block)
  }
  const end = chain.at(-1)
  if (end?.type !== BLOCK.end) leftOut.push('whatever followed: the file has no end')
  else if (end.firstSeq > tally.nextSeq) leftOut.push(`records ${tally.nextSeq} to ${end.firstSeq - 1}, the last ones`)
  return { kept, tally }
}

function holeText({ fromSeq, toSeq, fromTs, toTs }: Hole): string {
  return `Records ${fromSeq} to ${toSeq - 1} are missing, between ${isoUtc(fromTs)} and ${isoUtc(toTs)}.`
}
