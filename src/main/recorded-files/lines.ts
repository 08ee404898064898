import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { messageOf } from '../../shared/domain/base.ts'
import { packingOf, refuseUtf16, unpack } from './container.ts'

/** Consecutive lines of a text file, without their ends. */
export interface LineBatch {
  /** Number of the first, from 1. */
  readonly firstLine: number
  readonly lines: readonly string[]
}

/** A line longer than this is no line of a table or a message. */
const MAX_LINE = 64 * 1024 * 1024

/**
 * Reads a text file, also gzip and zip (told by their first bytes), piece by piece: never more of it is in memory than a few
 * pieces and the line that is not complete yet; of a zip archive all. Throws, with the path, what the file system or the unpacker objects to.
 */
export async function* readLines(path: string): AsyncGenerator<LineBatch> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'r')
    yield* splitLines(await unzipped(file))
  } catch (error) {
    throw new Error(`${path} cannot be read (${messageOf(error)})`)
  } finally {
    await file?.close()
  }
}

/** True for a line that is neither blank nor a comment, nor the address that some put above their tables. */
export function saysSomething(line: string): boolean {
  return !/^\s*($|#|https?:)/.test(line)
}

/** The first line of a text file that says something, trimmed; empty where there is none. Throws as `readLines` does. */
export async function firstLineOf(path: string): Promise<string> {
  for await (const { lines } of readLines(path)) {
    const first = lines.find(saysSomething)
    if (first !== undefined) return first.trim()
  }
  return ''
}

async function unzipped(file: FileHandle): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
  const head = new Uint8Array(4)
  await file.read(head, 0, 4, 0)
  const packing = packingOf(head)
  if (packing === 'zip') return [unpack(await file.readFile())]
  if (packing === 'none') refuseUtf16(head)
  const bytes = file.createReadStream({ start: 0, highWaterMark: 256 * 1024, autoClose: false })
  if (packing === 'none') return bytes
  // A failure while reading must reach whoever awaits the unpacked bytes.
  const unpacked = createGunzip({ chunkSize: 256 * 1024 })
  bytes.on('error', (error) => unpacked.destroy(error))
  return Readable.from(bytes.pipe(unpacked))
}

async function* splitLines(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<LineBatch> {
  const decoder = new TextDecoder('utf-8')
  let rest = ''
  let firstLine = 1
  for await (const piece of bytes) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE) throw new Error(`line ${firstLine + lines.length} is longer than any record`)
    if (lines.length === 0) continue
    yield { firstLine, lines: lines.map(withoutReturn) }
    firstLine += lines.length
  }
  rest += decoder.decode()
  if (rest !== '') yield { firstLine, lines: [withoutReturn(rest)] }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
