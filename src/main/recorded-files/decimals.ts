const ZERO = 48
const NINE = 57
const POINT = 46
const WHOLE_DIGITS = 9
const DECIMALS = 6

/**
 * Micro-units of a decimal such as `0.62` or `4386.31`, exactly; NaN when it is none, is finer than a micro-unit or has more
 * than nine digits before its point. Read digit by digit: a recording of books has tens of millions of them.
 */
export function microOf(text: string): number {
  let value = 0
  let decimals = -1
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === POINT && decimals < 0 && i > 0) {
      decimals = 0
      continue
    }
    if (code < ZERO || code > NINE) return Number.NaN
    if (decimals < 0 && i >= WHOLE_DIGITS) return Number.NaN
    if (decimals < DECIMALS) value = value * 10 + code - ZERO
    else if (code !== ZERO) return Number.NaN
    if (decimals >= 0 && decimals < DECIMALS) decimals++
  }
  if (text === '' || text.endsWith('.')) return Number.NaN
  for (let d = Math.max(0, decimals); d < DECIMALS; d++) value *= 10
  return value
}

/** A plain decimal number; NaN for anything else, the empty field included. */
export function numberOf(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
}

/** The dollars of an integer of 1e-18 dollars; NaN when it is none. */
export function fromE18(text: string): number {
  return /^\d{1,30}$/.test(text) ? Number(`${text}e-18`) : Number.NaN
}
