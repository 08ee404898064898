import { gunzipSync } from 'node:zlib'
import AdmZip from 'adm-zip'

/** What a file is packed as, told by its first bytes. */
export type Packing = 'none' | 'gzip' | 'zip'

/** A month of minutes is 3 MB of text, a day of books a few hundred: far more than this is no recording that fits into memory. */
const MAX_BYTES = 512 * 1024 * 1024

/** @param head the first bytes of a file, four at least where it has as many */
export function packingOf(head: Uint8Array): Packing {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 0x03 && head[3] === 0x04 ? 'zip' : 'none'
}

/** The bytes of the one file in a packed one, checked against their sums. Throws what is damaged, or not one file. */
export function unpack(bytes: Buffer): Buffer {
  const packing = packingOf(bytes)
  if (packing === 'none') return bytes
  return packing === 'gzip' ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : unzip(bytes)
}

function unzip(bytes: Buffer): Buffer {
  const inside = new AdmZip(bytes).getEntries().filter(({ isDirectory, entryName }) => {
    return !isDirectory && !entryName.startsWith('__MACOSX/')
  })
  const [only] = inside
  if (only === undefined || inside.length > 1)
    throw new Error(`it holds ${inside.length} files, not one: unpack it first`)
  if (only.header.size > MAX_BYTES) throw new Error('what is in it is too large: unpack it first')
  return only.getData()
}

/** Text of bytes in UTF-8, without byte-order mark. Throws where they are plainly something else. */
export function textOf(bytes: Uint8Array): string {
  refuseUtf16(bytes)
  return new TextDecoder('utf-8').decode(bytes)
}

/** Spreadsheets save "Unicode text" so. */
export function refuseUtf16(head: Uint8Array): void {
  const [first, second] = head
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new Error('it is text in UTF-16: save it as UTF-8')
}
