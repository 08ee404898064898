/** Micro-units of a decimal such as `0.62` or `4386.31`, exactly; NaN when it is none or has more than six decimals. */
export function microOf(text: string): number {
  const match = /^(\d{1,9})(?:\.(\d{1,6})0*)?$/.exec(text)
  if (match === null) return Number.NaN
  return Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0'))
}

/** A plain decimal number; NaN for anything else, the empty field included. */
export function numberOf(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
}

/** The dollars of an integer of 1e-18 dollars; NaN when it is none. */
export function fromE18(text: string): number {
  return /^\d{1,30}$/.test(text) ? Number(`${text}e-18`) : Number.NaN
}

const UTC = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/

/** Milliseconds of a UTC `YYYY-MM-DD HH:MM:SS`; NaN when it is none, 30 February included. */
export function utcOf(text: string): number {
  if (!UTC.test(text)) return Number.NaN
  const iso = `${text.slice(0, 10)}T${text.slice(11)}.000Z`
  const ms = Date.parse(iso)
  return Number.isNaN(ms) || new Date(ms).toISOString() !== iso ? Number.NaN : ms
}
