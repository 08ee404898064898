import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { bookHash } from '../../scripts/venue-sim/polymarket/book.ts'
import { readBooks } from '../../scripts/venue-sim/polymarket/recorded.ts'
import { longForm } from '../support/long-form.ts'
import { framesOf, known, type SteppedSim, steppedSim } from '../support/polymarket-sim.ts'
import { RebuiltBooks } from '../support/rebuilt-books.ts'

const MINUTE = 60_000

let open: SteppedSim | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

const file = join(process.env.BATON_TAPES ?? '', 'polymarket/cronos_btc5m_book_raw_2026-04-13_1510-1715.jsonl.gz')
const isHere = process.env.BATON_TAPES !== undefined && existsSync(file)
if (!isHere) process.stdout.write('not run: recorded books through the simulator (set BATON_TAPES)\n')

describe.runIf(isHere)('recorded books', () => {
  async function play(as: 'snapshots' | 'deltas', shiftMs: number, most: number) {
    const windows = await readBooks(file, most)
    const { startMs } = known(windows[0])
    const startAt = startMs - 60_000 + shiftMs
    open = await steppedSim({ assets: ['BTC'], books: { windows, shiftMs, as } }, { startAt, past: 80 })
    return { windows, ...open }
  }

  test('as they were recorded: every frame, its levels, its time and its hash', async () => {
    const { windows, pm, step } = await play('snapshots', 0, longForm(1, 100))
    const frames = framesOf(pm, 'market')
    frames.send({ assets_ids: windows.map(({ token }) => token), type: 'market' })
    frames.clear()
    const seen = new Map<string, { readonly hash: unknown; readonly at: number }[]>()
    let last: object | undefined
    for (const end = known(windows.at(-1)).startMs + 6 * MINUTE; known(open).sim.now() < end; ) {
      step(MINUTE)
      for (const event of frames.events('book')) {
        const token = String(event.asset_id)
        const list = seen.get(token) ?? []
        seen.set(token, list)
        list.push({ hash: event.hash, at: Number(event.timestamp) })
        last = event
      }
      frames.clear()
    }
    for (const { token, frames: wanted } of windows) {
      expect(known(seen.get(token)).slice(0, wanted.length)).toEqual(wanted.map(({ hash, at }) => ({ hash, at })))
    }
    expect(windows.reduce((sum, one) => sum + one.frames.length, 0)).toBeGreaterThan(longForm(3_000, 110_000))
    expect(last).toMatchObject({ bids: [], asks: [] })
  })

  test('turned into deltas, at another time: every hash right, never crossed, the last book as recorded', async () => {
    const { windows, pm, step } = await play('deltas', 15 * MINUTE, 1)
    const { token, frames: wanted, market } = known(windows[0])
    const frames = framesOf(pm, 'market')
    frames.send({ assets_ids: [token], type: 'market' })
    const { at, hash, tick, lastTrade } = known(wanted.at(-1))
    step(at + 15 * MINUTE - (open?.sim.now() ?? 0))
    const books = new RebuiltBooks()
    for (const event of frames.events()) books.apply(event)
    expect(books.counts).toMatchObject({ wrongHashes: 0, crossed: 0 })
    expect(books.counts.deltas).toBeGreaterThan(wanted.length)
    const terms = { tick_size: known(tick), last_trade_price: known(lastTrade) }
    expect(bookHash({ market, asset_id: token, timestamp: String(at), ...books.levels(token), ...terms })).toBe(hash)
  })
})
