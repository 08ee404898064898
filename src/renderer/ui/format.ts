import { MICRO, type Usd } from '../../shared/domain/money.ts'
import { DAY } from '../../shared/domain/time.ts'

/** Shown in place of a missing value. */
export const NONE = '–'
const MINUS = '−'

const formats = new Map<number, Intl.NumberFormat>()

/** Cached, because creating a format costs a hundred times more than using it, and values change 20 times a second. */
function withDecimals(decimals: number): Intl.NumberFormat {
  const known = formats.get(decimals)
  if (known !== undefined) return known
  const created = new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
  formats.set(decimals, created)
  return created
}

/** A number with fixed decimals, thousands separators and a true minus sign; never `−0.00`. */
export function fixed(value: number, decimals: number): string {
  const text = withDecimals(decimals).format(Math.abs(value))
  const zero = !/[1-9]/.test(text)
  return value < 0 && !zero ? MINUS + text : text
}

/** As `fixed`, with a plus sign for positive values. */
function signed(value: number, decimals: number): string {
  const text = fixed(value, decimals)
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text
}

export function count(value: number): string {
  return fixed(value, 0)
}

/** Micro-USD to the cent: `$25.00`. */
export function money(micro: Usd): string {
  const text = fixed(micro / MICRO, 2)
  return text.startsWith(MINUS) ? `${MINUS}$${text.slice(1)}` : `$${text}`
}

/** Profit or loss in micro-USD to the cent, always signed: `+$9.10`. */
export function profit(micro: Usd): string {
  const text = signed(micro / MICRO, 2)
  if (text.startsWith('+')) return `+$${text.slice(1)}`
  return text.startsWith(MINUS) ? `${MINUS}$${text.slice(1)}` : `$${text}`
}

/** Decimals of a price at a market's tick (micro-USD), at least two. */
function tickDecimals(tick: number): number {
  return tick > 0 && tick < 10_000 ? 3 : 2
}

/** Price of a share in micro-USD, rounded to the market's tick. */
export function price(micro: number | null, tick = 10_000): string {
  return micro === null ? NONE : fixed(micro / MICRO, tickDecimals(tick))
}

export function shares(micro: number): string {
  return fixed(micro / MICRO, 1)
}

/** Move in basis points, always signed. */
export function bp(value: number | null): string {
  return value === null ? NONE : signed(value, 1)
}

export function percent(share: number | null): string {
  if (share === 1) return '100 %'
  return share === null ? NONE : `${fixed(share * 100, 1)} %`
}

/** Keeps each percent sign on the line of its number. */
export function unbrokenPercent(text: string): string {
  return text.replaceAll(' %', '\u00a0%')
}

/** Both ends of an interval of fractions, in percent: `−3.4 … 27.7`. */
export function range(interval: { readonly low: number; readonly high: number } | null): string {
  if (interval === null) return NONE
  const end = (value: number) => `${value < 0 ? '−' : ''}${Math.abs(value * 100).toFixed(1)}`
  return `${end(interval.low)} … ${end(interval.high)}`
}

/** Decimals of an asset's price: enough to show a move of one basis point. */
export function assetDecimals(value: number): number {
  const size = Math.abs(value)
  if (size >= 1_000) return 2
  if (size >= 100) return 3
  return size >= 1 ? 4 : 5
}

/** Price of an asset. */
export function assetPrice(value: number | null): string {
  return value === null ? NONE : fixed(value, assetDecimals(value))
}

/** Progress (0 … 1) in whole percent: `42 %`. */
export function progress(share: number): string {
  return `${fixed(Math.floor(Math.min(1, Math.max(0, share)) * 100), 0)} %`
}

/** Duration in a suitable unit: `0.42 ms`, `812 ms`, `1.4 s`, `6 min 12 s`. */
export function duration(ms: number | null): string {
  if (ms === null) return NONE
  if (ms < 10) return `${fixed(ms, 2)} ms`
  if (ms < 1_000) return `${fixed(ms, 0)} ms`
  if (ms < 60_000) return `${fixed(ms / 1_000, 1)} s`
  const minutes = Math.floor(ms / 60_000)
  const seconds = Math.floor((ms % 60_000) / 1_000)
  return minutes < 60 ? `${minutes} min ${seconds} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Remaining time: `0:24`, `6:12`, `1:02:05`. */
export function countdown(ms: number): string {
  const total = Math.max(0, Math.ceil(ms / 1_000))
  const hours = Math.floor(total / 3_600)
  const minutes = Math.floor((total % 3_600) / 60)
  const seconds = String(total % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}

/** `10:04:36` UTC. */
export function clock(ts: number | null): string {
  return ts === null ? NONE : new Date(ts).toISOString().slice(11, 19)
}

/** `10:05` UTC. */
export function hourMinute(ts: number): string {
  return new Date(ts).toISOString().slice(11, 16)
}

/** `20 Nov 10:04:36` UTC. */
export function dateTime(ts: number): string {
  const iso = new Date(ts).toISOString()
  const month = new Intl.DateTimeFormat('en-GB', { month: 'short', timeZone: 'UTC' }).format(ts)
  return `${iso.slice(8, 10)} ${month} ${iso.slice(11, 19)}`
}

/** Length of market time in minutes, hours or days: `45 min`, `24 h`, `3 d`. */
export function stretch(ms: number): string {
  const hours = ms / 3_600_000
  if (hours < 1) return `${fixed(ms / 60_000, 0)} min`
  const decimals = (value: number): number => (Math.abs(value - Math.round(value)) < 0.05 ? 0 : 1)
  if (hours < 72) return `${fixed(hours, decimals(hours))} h`
  return `${fixed(hours / 24, decimals(hours / 24))} d`
}

/** A period in market time, with the date once if it is the same: `05 Jan 10:00 – 06 Jan 10:00`. */
export function span(from: number, to: number): string {
  const start = dateTime(from).slice(0, 12)
  const sameDay = Math.floor(from / DAY) === Math.floor(to / DAY)
  return `${start} – ${sameDay ? hourMinute(to) : dateTime(to).slice(0, 12)}`
}

/** Time of day, with the date unless it is `today` (days since 1970). */
export function stamp(ts: number, today: number | null): string {
  return Math.floor(ts / DAY) === today ? clock(ts) : dateTime(ts).slice(0, 12)
}

/** CSS class of a value by its sign after rounding; a value shown as zero has none. */
export function tone(value: number | null, decimals: number): 'up' | 'down' | '' {
  if (value === null || !/[1-9]/.test(fixed(value, decimals))) return ''
  return value > 0 ? 'up' : 'down'
}

/** The text with an upper-case first letter. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** `v7` of `snipe v7 · 3fa9c1`. */
export function shortLabel(version: { readonly number: number }): string {
  return `v${version.number}`
}
