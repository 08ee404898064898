import { readFileSync } from 'node:fs'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'

/** Encodings by the byte-order mark that a file begins with. */
const MARKS: readonly { readonly bytes: readonly number[]; readonly encoding: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
]

/**
 * Text as editors and shells of all systems write it: UTF-8 with or without a byte-order mark, or UTF-16 of either byte
 * order. UTF-16 without a mark is recognised by the zero byte in its first character, which no text of Baton begins with.
 * @returns the text without its mark, or why the bytes are none
 */
export function decodeText(bytes: Uint8Array): Result<string> {
  const mark = MARKS.find((one) => one.bytes.every((byte, i) => bytes[i] === byte))
  const bare = bytes.length < 2 ? 'utf-8' : bytes[1] === 0 ? 'utf-16le' : bytes[0] === 0 ? 'utf-16be' : 'utf-8'
  const encoding = mark?.encoding ?? bare
  try {
    return ok(new TextDecoder(encoding, { fatal: true }).decode(bytes))
  } catch {
    return err(`it is not text: ${encoding.toUpperCase()} expected`)
  }
}

/** Reads a small text file whole; an error names what the system said. */
export function readText(path: string): Result<string> {
  try {
    return decodeText(readFileSync(path))
  } catch (error) {
    return err(`it cannot be read: ${messageOf(error)}`)
  }
}

/** JSON of bytes in any encoding of `decodeText`; an error says what is wrong. */
export function decodeJson(bytes: Uint8Array): Result<unknown> {
  const text = decodeText(bytes)
  if (!text.ok) return text
  try {
    return ok(JSON.parse(text.value))
  } catch (error) {
    return err(`it is not JSON: ${messageOf(error)}`)
  }
}

/** Reads a JSON file whole, in any encoding of `decodeText`. */
export function readJson(path: string): Result<unknown> {
  try {
    return decodeJson(readFileSync(path))
  } catch (error) {
    return err(`it cannot be read: ${messageOf(error)}`)
  }
}
