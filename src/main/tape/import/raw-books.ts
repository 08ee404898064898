import { z } from 'zod'
import { type TimeForm, timeOfCount } from '../../../shared/domain/dates.ts'
import { frameMs, parseSlot, type Side, type Slot } from '../../../shared/domain/slots.ts'
import { microOf } from '../../recorded-files/decimals.ts'
import { jsonLine } from '../../recorded-files/json-line.ts'
import { readLines } from '../../recorded-files/lines.ts'
import { ReportBuilder, type RowFault } from '../../recorded-files/report-builder.ts'
import { timedRows } from '../../recorded-files/timed-rows.ts'
import type { BookLevel } from '../book-body.ts'
import type { Source, TapeRecord } from './source.ts'

/** Messages come many a second while a market lives. */
const GAP_MS = 10_000
/** A message from longer before its window, or after it, is of another. */
const BEFORE_MS = 86_400_000
const AFTER_MS = 600_000
const WHOLE = 1_000_000

const UNLABELLED =
  'The recorded token is not labelled Up or Down: books are kept as recorded, and Up and Down may be exchanged. Import with --side up or --side down to say which it is.'

const messageLine = z.object({
  recv_s: z.number(),
  slug: z.string(),
  msg: z.object({
    asset_id: z.string().min(1),
    event_type: z.string(),
    // Levels are checked one by one below: there are millions of them.
    bids: z.array(z.unknown()),
    asks: z.array(z.unknown()),
    tick_size: z.string().optional(),
  }),
})

interface Row {
  readonly ts: number
  readonly form: TimeForm
  readonly slot: Slot
  readonly slug: string
  readonly token: string
  readonly windowStart: number
  readonly tick: number
  readonly bids: readonly BookLevel[]
  readonly asks: readonly BookLevel[]
}

/**
 * Whole books as the venue sent them, one message a line.
 * @param side which token was recorded; null where nobody knows
 */
export function rawBooks(path: string, file: string, side: Side | null): Source {
  const report = new ReportBuilder(file, 'book messages', GAP_MS)
  return {
    feed: null,
    settlement: null,
    notices:
      side === null
        ? [UNLABELLED]
        : [`The recorded token was taken for ${side === 'up' ? 'Up' : 'Down'}, as said at the import.`],
    unlabelledBooks: side === null,
    reports: () => [report.build()],
    records: () => read(path, side, report),
  }
}

async function* read(path: string, side: Side | null, report: ReportBuilder): AsyncGenerator<readonly TapeRecord[]> {
  const recorded = await recordedTokens(path)
  let last: number | null = null
  for await (const rows of timedRows(path, report, { hasHeader: false, parse: (line) => judge(line, recorded) }))
    yield rows.map(({ place, row }) => {
      report.between(place, last, row.ts)
      last = row.ts
      report.keep(row.ts, 1)
      return recordOf(row, side)
    })
}

/**
 * The token of each window that most messages are of, by slug. Recordings hold stretches of the other token too, whose
 * book is the mirror and would be taken for this one's.
 */
async function recordedTokens(path: string): Promise<ReadonlyMap<string, string>> {
  const counts = new Map<string, Map<string, number>>()
  for await (const { lines } of readLines(path)) {
    for (const line of lines) {
      const slug = /"slug"\s*:\s*"([^"]+)"/.exec(line)?.[1]
      const token = /"asset_id"\s*:\s*"([^"]+)"/.exec(line)?.[1]
      if (slug === undefined || token === undefined) continue
      const ofWindow = counts.get(slug) ?? new Map<string, number>()
      ofWindow.set(token, (ofWindow.get(token) ?? 0) + 1)
      counts.set(slug, ofWindow)
    }
  }
  const recorded = new Map<string, string>()
  for (const [slug, ofWindow] of counts) {
    const [most] = [...ofWindow].toSorted((a, b) => b[1] - a[1])
    if (most !== undefined) recorded.set(slug, most[0])
  }
  return recorded
}

function judge(line: string, recorded: ReadonlyMap<string, string>): Row | RowFault {
  const row = parseMessage(line)
  if ('fault' in row || recorded.get(row.slug) === row.token) return row
  return { fault: 'other', detail: `the other token of ${row.slug}` }
}

function parseMessage(line: string): Row | RowFault {
  const parsed = jsonLine(messageLine, line)
  if ('fault' in parsed) return parsed
  const { recv_s, slug, msg } = parsed.value
  if (msg.event_type !== 'book') return { fault: 'other', detail: `a message of type ${msg.event_type}` }
  const received = timeOfCount(recv_s)
  const window = windowOf(slug)
  if (window === undefined) return { fault: 'nonsense', detail: `"${slug}" is not the slug of a window` }
  const { slot, start, end } = window
  if (received === undefined || received.ms < start - BEFORE_MS || received.ms > end + AFTER_MS)
    return { fault: 'impossible time', detail: `not near ${slug}` }
  const { ms: ts, form } = received
  const tick = microOf(msg.tick_size ?? '0.01')
  if (!(tick > 0)) return { fault: 'malformed', detail: 'tick_size is no price' }
  const bids = levelsOf(msg.bids, -1)
  const asks = levelsOf(msg.asks, 1)
  if (typeof bids === 'string') return { fault: 'nonsense', detail: `bids: ${bids}` }
  if (typeof asks === 'string') return { fault: 'nonsense', detail: `asks: ${asks}` }
  const [bid] = bids
  const [ask] = asks
  if (bid !== undefined && ask !== undefined && bid.price >= ask.price)
    return { fault: 'nonsense', detail: 'bid and ask are crossed' }
  return { ts, form, slot, slug, token: msg.asset_id, windowStart: start / 1000, tick, bids, asks }
}

function windowOf(slug: string): { readonly slot: Slot; readonly start: number; readonly end: number } | undefined {
  const match = /^([a-z0-9]{2,10})-updown-(5m|15m)-(\d{9,11})$/.exec(slug)
  const slot = parseSlot(`${match?.[1]?.toUpperCase()}-${match?.[2]}`)
  const start = Number(match?.[3]) * 1000
  if (slot === undefined || start % frameMs(slot.timeframe) !== 0) return undefined
  return { slot, start, end: start + frameMs(slot.timeframe) }
}

/** Levels best first, whatever order they came in; a text says why they are none. */
function levelsOf(raw: readonly unknown[], direction: 1 | -1): BookLevel[] | string {
  const levels: BookLevel[] = []
  for (const one of raw) {
    const level = levelOf(one)
    if (level === undefined) return 'a level that is none'
    levels.push(level)
  }
  levels.sort((a, b) => (a.price - b.price) * direction)
  for (let i = 1; i < levels.length; i++)
    if (levels[i]?.price === levels[i - 1]?.price) return 'a price that is there twice'
  return levels
}

function levelOf(raw: unknown): BookLevel | undefined {
  if (typeof raw !== 'object' || raw === null || !('price' in raw) || !('size' in raw)) return undefined
  if (typeof raw.price !== 'string' || typeof raw.size !== 'string') return undefined
  const price = microOf(raw.price)
  const shares = microOf(raw.size)
  return price > 0 && price < WHOLE && shares > 0 ? { price, shares } : undefined
}

/** The Down token's book is the mirror of the Up token's: who buys Down at p sells Up at 1 − p. */
function recordOf(row: Row, side: Side | null): TapeRecord {
  const { ts, slot, windowStart, tick, bids, asks } = row
  const base = { kind: 'book', ts, slot: slot.id, windowStart, tick } as const
  return side === 'down' ? { ...base, bids: mirror(asks), asks: mirror(bids) } : { ...base, bids, asks }
}

function mirror(levels: readonly BookLevel[]): BookLevel[] {
  return levels.map(({ price, shares }) => ({ price: WHOLE - price, shares }))
}
