import { afterEach, describe, expect, test } from 'vitest'
import { MICRO } from '../../../src/shared/domain/money.ts'
import { type Slot, windowAt } from '../../../src/shared/domain/slots.ts'
import { SECOND, unixMs } from '../../../src/shared/domain/time.ts'
import { PolymarketLab } from '../../support/polymarket-lab.ts'

let lab: PolymarketLab | undefined
afterEach(async () => {
  await lab?.close()
  lab = undefined
})

async function openLab(options: Parameters<typeof PolymarketLab.open>[0] = {}): Promise<PolymarketLab> {
  lab = await PolymarketLab.open(options)
  const started = await lab.data.start()
  if (!started.ok) throw new Error(started.error)
  return lab
}

/** The venue's simulated Polymarket. */
function venueOf({ sim }: PolymarketLab) {
  if (sim.polymarket === undefined) throw new Error('no Polymarket')
  return sim.polymarket
}

describe('Polymarket, read side', () => {
  test('without API credentials every asset has its strike from RTDS', async () => {
    const at = await openLab({ data: { credentials: null } })
    const window = (slot: Slot) => windowAt(slot, unixMs(Math.floor(at.sim.now())))
    const first = at.slots.map((slot) => window(slot).id)
    await at.until('strikes of the next windows', () => {
      const known = new Set(strikes(at).map(({ windowId }) => windowId))
      return at.slots.every((slot) => !first.includes(window(slot).id) && known.has(window(slot).id))
    })
    for (const slot of at.slots) expect(at.data.status(slot).strikeSource).toBe('rtds')
    // Whoever subscribes later learns what is known already.
    await at.until('books', () => at.usable().length === at.slots.length)
    const late: string[] = []
    at.data.listen((event) => late.push(`${event.kind} ${event.slot}`))()
    expect(late).toEqual(expect.arrayContaining(at.slots.flatMap(({ id }) => [`strike ${id}`, `book ${id}`])))
    for (const { windowId, strike } of strikes(at)) expect(strike).toBeCloseTo(Number(venueOf(at).strike(windowId)), 6)
  })

  test('started in the midst of a window, whose strike no feed has any more, it asks the web site and labels it; before that there is no book', async () => {
    const at = await PolymarketLab.open({ beforeMs: 100 * SECOND, data: { credentials: null } })
    lab = at
    const venue = venueOf(at)
    const [slot] = at.slots
    const slug = venue.windows().find(({ slug: name }) => name.startsWith('btc-updown-5m'))?.slug ?? lost()
    venue.http('html', { service: 'site', count: 2 })
    expect((await at.data.start()).ok).toBe(true)
    await at.until('a strike', () => strikes(at).some(({ windowId }) => windowId === slug))
    expect(at.data.status(slot ?? lost()).strikeSource).toBe('site')
    const first = at.events.findIndex((event) => event.kind === 'strike' && event.windowId === slug)
    const before = at.events.slice(0, first).filter((event) => event.kind === 'book' && event.windowId === slug)
    expect(before).toEqual([])
    await at.until('a book', () => at.usable().includes(slot?.id ?? lost()))
  })

  test('a host that fails once at the start leaves no slot out', async () => {
    lab = await PolymarketLab.open()
    venueOf(lab).http('500', { service: 'gamma', count: 1 })
    expect((await lab.data.start()).ok).toBe(true)
    for (const { id } of lab.slots) expect(lab.data.listing(id)).not.toBeNull()
  })

  test('lists slots by the venue’s terms, follows windows over, with true books, strikes and outcomes', async () => {
    const at = await openLab()
    const venue = venueOf(at)
    expect(at.data.listing(at.slots[0]?.id ?? lost())).toMatchObject({
      takerFeePpm: 70_000,
      takerDelayMs: 150,
      minShares: 5 * MICRO,
    })
    await at.until(
      'strikes of two windows',
      () => new Set(strikes(at).map(({ windowId }) => windowId)).size >= 4,
      40_000,
    )
    for (const { windowId, strike } of strikes(at)) expect(strike).toBeCloseTo(Number(venue.strike(windowId)), 6)
    await at.until('outcomes', () => at.events.filter(({ kind }) => kind === 'settled').length >= 2, 40_000)
    let outcomes = 0
    for (const event of at.events) {
      if (event.kind !== 'settled') continue
      outcomes++
      expect(event.payoutUp).toBe(venue.outcome(event.windowId) === 'Up' ? MICRO : 0)
    }
    expect(outcomes).toBeGreaterThanOrEqual(2)
    for (const event of at.events) {
      if (event.kind !== 'book') continue
      const [bid, ask] = [event.bids[0]?.price, event.asks[0]?.price]
      if (bid !== undefined && ask !== undefined) expect(bid).toBeLessThan(ask)
    }
  })

  test('a book becomes that of the venue again after a cut, a wrong checksum, lost changes and a tick change', async () => {
    const at = await openLab({ beforeMs: 200 * SECOND, speed: 5 })
    const venue = venueOf(at)
    const all = () => at.usable().length === at.slots.length
    const faults: readonly [string, () => void][] = [
      ['cut', () => venue.drop('market')],
      ['wrong checksum', () => venue.count('book-hash', 1)],
      ['lost change', () => venue.frames('market', 'drop', { kind: 'price_change', count: 1 })],
      ['half a frame', () => venue.frames('market', 'half', { count: 1 })],
    ]
    await at.until('books', all)
    for (const [name, fault] of faults) {
      const before = at.events.length
      let looks = 0
      await at.until(`${name} shows`, () => {
        // Again now and then: a replacement that comes right after a lost change makes up for it.
        if (looks++ % 50 === 0) fault()
        return at.events
          .slice(before)
          .some((event) => event.kind === 'book' && event.bids.length + event.asks.length === 0)
      })
      await at.until(`books after ${name}`, all)
    }
  })

  test('a token that falls silent on a living connection has no book within five seconds, and one again when it speaks', async () => {
    const at = await openLab({ assets: ['BTC'], beforeMs: 200 * SECOND, speed: 10 })
    const venue = venueOf(at)
    const [slot] = at.slots
    const window = () => windowAt(slot ?? lost(), unixMs(Math.floor(at.sim.now()))).id
    await at.until('a book', () => at.usable().length === 1)
    const token = venue.window(window())?.up ?? lost()
    const silentAt = at.sim.now()
    venue.silence('market', 10 * SECOND, { id: token })
    await at.until('no book', () => at.usable().length === 0)
    expect(at.sim.now() - silentAt).toBeLessThan(6 * SECOND)
    await at.until('a book again', () => at.usable().length === 1)
    expect(at.sim.now() - silentAt).toBeGreaterThan(9 * SECOND)
    // A replacement with its checksum is enough, also while REST does not answer.
    venue.drop('clob', 60_000)
    const again = at.sim.now()
    venue.silence('market', 6 * SECOND, { id: token })
    await at.until('no book without REST', () => at.usable().length === 0)
    await at.until('a book without REST', () => at.usable().length === 1)
    expect(at.sim.now() - again).toBeLessThan(30 * SECOND)
  })
})

function strikes({ events }: PolymarketLab) {
  return events.flatMap((event) => (event.kind === 'strike' ? [event] : []))
}

function lost(): never {
  throw new Error('no slot')
}
