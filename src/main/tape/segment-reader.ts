import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { z } from 'zod'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import { BLOCK, BLOCK_HEAD, type BlockInfo, decodeHead, unpack } from './block.ts'
import { type SegmentHeader, segmentEnd, segmentHeader } from './segment-header.ts'
import { type Hole, Tally } from './tally.ts'

/** Damage of a segment, with its position. */
export interface TapeDamage {
  readonly path: string
  /** Number of the block that is no longer sound, and where it begins. */
  readonly block: number
  readonly offset: number
  /** Time of the last sound record before it, ms; null before any. */
  readonly ts: number | null
  readonly message: string
}

/** One line for a person. */
export function damageText({ path, block, offset, ts, message }: TapeDamage): string {
  const time = ts === null ? '' : `, after ${isoUtc(ts)}`
  return `${path}: block ${block} at byte ${offset}${time}: ${message}`
}

/** What a sound segment lacks. */
export interface SegmentReport {
  /** False if the file has no end: it is still being written, or its writer was stopped. */
  readonly sealed: boolean
  /** Half a block at the end, left out; null without one. */
  readonly torn: { readonly bytes: number; readonly offset: number; readonly fromTs: number | null } | null
  /** Records that the file itself calls missing. */
  readonly holes: readonly Hole[]
}

/** A tape file whose blocks are all in place; what is in them is read and checked one by one. */
export interface Segment {
  readonly path: string
  /** Length of the file. */
  readonly bytes: number
  readonly header: SegmentHeader
  /** Header and end included. */
  readonly blocks: readonly BlockInfo[]
  readonly report: SegmentReport
  readonly records: number
  readonly firstSeq: number
  readonly nextSeq: number
  /** Time of the first and the last record, ms; null without records. */
  readonly firstTs: number | null
  readonly lastTs: number | null
  /** The payload of block `index`, checked against its checksum. */
  inflate(index: number): Result<Uint8Array, TapeDamage>
  /** The payload of block `index` as it is stored, unchecked: for a copy. */
  stored(index: number): Result<Uint8Array, TapeDamage>
}

/** Opens a segment: all block headers are read and checked, payloads only when they are asked for. */
export function readSegment(path: string): Result<Segment, TapeDamage> {
  return withFile(path, (file) => segmentOf(path, file, (work) => withFile(path, work)))
}

/** The same with the whole file in memory: it stays what it was when it is written anew or removed meanwhile. */
export function loadSegment(path: string): Result<Segment, TapeDamage> {
  return withFile(path, (file) => {
    const bytes = new Uint8Array(file.size)
    file.read(bytes, 0)
    const inMemory: SegmentBytes = {
      size: bytes.length,
      read: (into, position) => into.set(bytes.subarray(position, position + into.length)),
    }
    return segmentOf(path, inMemory, (work) => work(inMemory))
  })
}

/** Where a segment's bytes come from. */
interface SegmentBytes {
  readonly size: number
  /** Fills `into` from `position` on. */
  read(into: Uint8Array, position: number): void
}

type Work<T> = (file: SegmentBytes) => Result<T, TapeDamage>

function segmentOf(
  path: string,
  file: SegmentBytes,
  again: <T>(work: Work<T>) => Result<T, TapeDamage>,
): Result<Segment, TapeDamage> {
  const walked = walk(path, file)
  if (!walked.ok) return walked
  const { blocks, tally, torn } = walked.value
  const stored = (index: number) => again((bytes) => storedOf(path, bytes, blocks, index))
  const inflate = (index: number) => again((bytes) => payloadOf(path, bytes, blocks, index))
  const header = parseBlock(path, file, blocks, 0, segmentHeader)
  if (!header.ok) return header
  const last = blocks.length - 1
  const sealed = blocks[last]?.type === BLOCK.end
  if (sealed) {
    const end = parseBlock(path, file, blocks, last, segmentEnd)
    if (!end.ok) return end
    const counted = { ...tally.end(), blocks: tally.blocks - 1 }
    if (JSON.stringify(end.value) !== JSON.stringify(counted))
      return err(damageAt(path, blocks, last, 'what the file says it holds is not what it holds'))
  }
  const { records, firstSeq, nextSeq, holes } = tally
  const firstTs = records > 0 ? tally.firstTs : null
  const lastTs = records > 0 ? tally.lastTs : null
  const report = { sealed, torn, holes }
  return ok({
    ...{ path, bytes: file.size, header: header.value, blocks, report, records, firstSeq, nextSeq, firstTs, lastTs },
    inflate,
    stored,
  })
}

interface Walked {
  readonly blocks: readonly BlockInfo[]
  readonly tally: Tally
  readonly torn: SegmentReport['torn']
}

/** Goes from header to header to the end of the file. */
function walk(path: string, file: SegmentBytes): Result<Walked, TapeDamage> {
  const { size } = file
  const blocks: BlockInfo[] = []
  const tally = new Tally()
  const head = new Uint8Array(BLOCK_HEAD)
  let offset = 0
  while (offset < size) {
    const damage = (message: string) => err({ path, block: blocks.length, offset, ts: timeOf(tally), message })
    const torn = { bytes: size - offset, offset, fromTs: timeOf(tally) }
    if (blocks.at(-1)?.type === BLOCK.end) return damage('bytes follow the end of the tape')
    if (size - offset < BLOCK_HEAD) return finish(path, { blocks, tally, torn })
    file.read(head, offset)
    const fields = decodeHead(head)
    // A crash of the machine can leave a file longer than what reached the disk: zeros, to the very end.
    if (!fields.ok) return isZero(file, offset) ? finish(path, { blocks, tally, torn }) : damage(fields.error)
    const objection = tally.objection(fields.value)
    if (objection !== undefined) return damage(objection)
    if (offset + BLOCK_HEAD + fields.value.storedLength > size) return finish(path, { blocks, tally, torn })
    tally.add(fields.value)
    blocks.push({ ...fields.value, offset })
    offset += BLOCK_HEAD + fields.value.storedLength
  }
  return finish(path, { blocks, tally, torn: null })
}

function finish(path: string, walked: Walked): Result<Walked, TapeDamage> {
  if (walked.blocks.length > 0) return ok(walked)
  return err({
    path,
    block: 0,
    offset: 0,
    ts: null,
    message: 'it ends before its header does: nothing in it is usable',
  })
}

function timeOf(tally: Tally): number | null {
  return tally.records > 0 ? tally.lastTs : null
}

function isZero(file: SegmentBytes, from: number): boolean {
  const buffer = new Uint8Array(64 * 1024)
  for (let at = from; at < file.size; at += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, file.size - at))
    file.read(part, at)
    if (part.some((byte) => byte !== 0)) return false
  }
  return true
}

function parseBlock<T>(
  path: string,
  file: SegmentBytes,
  blocks: readonly BlockInfo[],
  index: number,
  schema: z.ZodType<T>,
): Result<T, TapeDamage> {
  const payload = payloadOf(path, file, blocks, index)
  if (!payload.ok) return payload
  const parsed = parseJson(payload.value, schema)
  return parsed.ok ? parsed : err(damageAt(path, blocks, index, parsed.error))
}

/** JSON out of a header or end block, checked. */
export function parseJson<T>(bytes: Uint8Array, schema: z.ZodType<T>): Result<T> {
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(bytes)))
    if (parsed.success) return ok(parsed.data)
    const issue = parsed.error.issues[0]
    return err(`not what a tape says of itself: ${issue?.path.join('.')}: ${issue?.message}`)
  } catch (error) {
    return err(`not JSON (${messageOf(error)})`)
  }
}

function payloadOf(
  path: string,
  file: SegmentBytes,
  blocks: readonly BlockInfo[],
  index: number,
): Result<Uint8Array, TapeDamage> {
  const stored = storedOf(path, file, blocks, index)
  const block = blocks[index]
  if (!stored.ok || block === undefined) return stored
  const raw = unpack(block, stored.value)
  return raw.ok ? raw : err(damageAt(path, blocks, index, raw.error))
}

function storedOf(
  path: string,
  file: SegmentBytes,
  blocks: readonly BlockInfo[],
  index: number,
): Result<Uint8Array, TapeDamage> {
  const block = blocks[index]
  if (block === undefined) return err({ path, block: index, offset: 0, ts: null, message: 'there is no such block' })
  const stored = new Uint8Array(block.storedLength)
  file.read(stored, block.offset + BLOCK_HEAD)
  return ok(stored)
}

function damageAt(path: string, blocks: readonly BlockInfo[], index: number, message: string): TapeDamage {
  const before = blocks.slice(0, index).findLast((block) => block.type === BLOCK.records)
  return { path, block: index, offset: blocks[index]?.offset ?? 0, ts: before?.lastTs ?? null, message }
}

/** Opens, works, closes; what the file system objects to is damage as well. */
function withFile<T>(path: string, work: Work<T>): Result<T, TapeDamage> {
  let fd: number | undefined
  try {
    const opened = openSync(path, 'r')
    fd = opened
    return work({ size: fstatSync(fd).size, read: (into, position) => readFully(opened, into, position) })
  } catch (error) {
    return err({ path, block: 0, offset: 0, ts: null, message: `it cannot be read (${messageOf(error)})` })
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function readFully(fd: number, into: Uint8Array, position: number): void {
  let done = 0
  while (done < into.length) {
    const count = readSync(fd, into, done, into.length - done, position + done)
    if (count === 0) throw new Error('it became shorter while it was read')
    done += count
  }
}
