import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { bookHead, bookTail, type Levels, type WireLevel } from './book.ts'

/** A level of the recorded token; price in thousandths of a dollar, size `0` when it is gone. */
export interface LevelChange {
  readonly side: 'BUY' | 'SELL'
  readonly price: number
  readonly size: string
}

/** One recorded `book` message, as the difference to the one before. */
export interface RecordedFrame {
  /** The venue's time of the message, Unix ms. */
  readonly at: number
  readonly changes: readonly LevelChange[]
  /** Those that its hash was made with; they are not in the message itself. Undefined when no pair fits. */
  readonly tick: string | undefined
  readonly lastTrade: string | undefined
  readonly hash: string
}

/** What was recorded of one token of one window. */
export interface RecordedWindow {
  readonly slug: string
  readonly market: string
  readonly token: string
  readonly startMs: number
  readonly frames: readonly RecordedFrame[]
}

interface Message {
  readonly market: string
  readonly asset_id: string
  readonly timestamp: string
  readonly hash: string
  readonly bids: readonly WireLevel[]
  readonly asks: readonly WireLevel[]
  readonly tick_size?: string
  readonly last_trade_price?: string
}

interface Reading {
  readonly slug: string
  readonly market: string
  readonly token: string
  readonly frames: RecordedFrame[]
  readonly bids: Levels
  readonly asks: Levels
  tick: string
  lastTrade: string
}

/**
 * Reads recorded books: JSON lines {recv_s, slug, msg}, gzipped or not. Of each window the token with the most messages
 * is kept.
 * @param most ends after so many windows
 * @throws when the file cannot be read or a line is not a book
 */
export async function readBooks(file: string, most = Number.POSITIVE_INFINITY): Promise<RecordedWindow[]> {
  const bytes = createReadStream(file)
  const lines = createInterface({ input: file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes })
  const readings = new Map<string, Reading>()
  const slugs = new Set<string>()
  for await (const line of lines) {
    if (line === '') continue
    const { slug, msg } = parseLine(line, file)
    slugs.add(slug)
    if (slugs.size > most) break
    const key = `${slug}/${msg.asset_id}`
    const reading = readings.get(key) ?? begin(slug, msg)
    readings.set(key, reading)
    reading.frames.push(frameOf(reading, msg))
  }
  bytes.destroy()
  const all = [...readings.values()].filter(({ slug }) => slugs.size <= most || slug !== [...slugs].at(-1))
  return [...new Set(all.map(({ slug }) => slug))].map((slug) => {
    const [longest] = all.filter((one) => one.slug === slug).sort((a, b) => b.frames.length - a.frames.length)
    if (longest === undefined) throw new Error(`${file}: nothing of ${slug}`)
    const { market, token, frames } = longest
    return { slug, market, token, startMs: Number(slug.split('-').at(-1)) * 1000, frames }
  })
}

function parseLine(line: string, file: string): { readonly slug: string; readonly msg: Message } {
  const row: unknown = JSON.parse(line)
  const isRow = typeof row === 'object' && row !== null && 'slug' in row && 'msg' in row
  if (!isRow || typeof row.slug !== 'string' || !isMessage(row.msg))
    throw new Error(`${file}: not a book: ${line.slice(0, 200)}`)
  return { slug: row.slug, msg: row.msg }
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false
  return ['market', 'asset_id', 'timestamp', 'hash', 'bids', 'asks'].every((key) => key in value)
}

function begin(slug: string, { market, asset_id: token }: Message): Reading {
  return { slug, market, token, frames: [], bids: new Map(), asks: new Map(), tick: '0.01', lastTrade: '0.500' }
}

function frameOf(reading: Reading, message: Message): RecordedFrame {
  const pair = pairOf(reading, message)
  if (pair !== undefined) {
    reading.tick = pair.tick
    reading.lastTrade = pair.lastTrade
  }
  const changes = [
    ...changesOf('BUY', reading.bids, message.bids),
    ...changesOf('SELL', reading.asks, message.asks),
  ].sort((a, b) => Number(a.size !== '0') - Number(b.size !== '0'))
  return {
    at: Number(message.timestamp),
    changes,
    tick: pair?.tick,
    lastTrade: pair?.lastTrade,
    hash: message.hash,
  }
}

/** Brings `levels` up to date and returns what differed. */
function changesOf(side: 'BUY' | 'SELL', levels: Levels, wanted: readonly WireLevel[]): LevelChange[] {
  const changes: LevelChange[] = []
  const prices = new Set<number>()
  for (const { price: text, size } of wanted) {
    const price = Math.round(Number(text) * 1000)
    prices.add(price)
    if (levels.get(price) === size) continue
    levels.set(price, size)
    changes.push({ side, price, size })
  }
  for (const price of levels.keys()) {
    if (prices.has(price)) continue
    levels.delete(price)
    changes.push({ side, price, size: '0' })
  }
  return changes
}

/** The tick and the last price that give the message's hash: those of the message before, or the nearest that fit. */
function pairOf(reading: Reading, message: Message): { readonly tick: string; readonly lastTrade: string } | undefined {
  const { tick_size, last_trade_price } = message
  const head = createHash('sha1').update(bookHead(message))
  const fits = (tick: string, lastTrade: string) =>
    head.copy().update(bookTail(tick, lastTrade)).digest('hex') === message.hash
  const known = { tick: tick_size ?? reading.tick, lastTrade: last_trade_price ?? reading.lastTrade }
  if (fits(known.tick, known.lastTrade)) return known
  const best = Number(message.bids.at(-1)?.price ?? message.asks.at(-1)?.price ?? 0.5)
  const middles = [best, 1 - best].map((price) => Math.round(price * 1000))
  for (const tick of [known.tick, known.tick === '0.01' ? '0.001' : '0.01']) {
    const step = tick === '0.01' ? 10 : 1
    for (let distance = 0; distance < 1000; distance += step) {
      for (const middle of middles) {
        for (const price of distance === 0 ? [middle] : [middle - distance, middle + distance]) {
          if (price <= 0 || price >= 1000) continue
          const lastTrade = (price / 1000).toFixed(3)
          if (fits(tick, lastTrade)) return { tick, lastTrade }
        }
      }
    }
  }
  return undefined
}
