/** Most bytes of one varint: seven bits a byte, 53 bits of a safe integer. */
export const MAX_VARINT = 8
/** A difference of two times must stay below this in size, so that its zigzag form is a safe integer. */
export const MAX_DELTA = 2 ** 52

const BITS = 128
const INT31 = 0x8000_0000

/** Writes a safe integer ≥ 0, seven bits a byte, lowest first. Returns the offset after it. */
export function putVarint(bytes: Uint8Array, offset: number, value: number): number {
  let at = offset
  let rest = value
  // Bit operators know 32 bits only; above them the arithmetic form is needed, and rare.
  while (rest >= INT31) {
    bytes[at++] = (rest % BITS) | BITS
    rest = Math.floor(rest / BITS)
  }
  while (rest >= BITS) {
    bytes[at++] = (rest & 127) | BITS
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

/** Small numbers of either sign become small numbers ≥ 0. */
export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** Reads varints one after the other out of bytes that may be anything; never past `end`. */
export class VarintReader {
  offset = 0
  /** Set once bytes were no varint, or ran out; what is read afterwards is 0. */
  failed = false
  #bytes: Uint8Array = new Uint8Array(0)
  #end = 0

  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes
    this.offset = offset
    this.#end = Math.min(end, bytes.length)
    this.failed = false
  }

  read(): number {
    const bytes = this.#bytes
    let value = 0
    let unit = 1
    for (let n = 0; n < MAX_VARINT && this.offset < this.#end; n++) {
      const byte = bytes[this.offset++] ?? 0
      value += (byte & 127) * unit
      if (byte < BITS) return value <= Number.MAX_SAFE_INTEGER ? value : this.#fail()
      unit *= BITS
    }
    return this.#fail()
  }

  #fail(): number {
    this.failed = true
    this.offset = this.#end
    return 0
  }
}
