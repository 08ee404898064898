import { describe, expect, test } from 'vitest'
import { Engine } from '../../src/engine/engine.ts'
import type { EngineEvent } from '../../src/engine/events.ts'
import { DEFAULT_MATCHER } from '../../src/engine/market/matcher.ts'
import { SimulatedVenue, simulatedListing } from '../../src/engine/market/simulated-venue.ts'
import { venueSettingsOf } from '../../src/engine/market/venue-settings.ts'
import { engineConfigOf, FINAL_VENUE } from '../../src/engine/settings.ts'
import { parseConfig } from '../../src/shared/config.ts'
import { asset, makeSlot, windowAt } from '../../src/shared/domain/slots.ts'
import { unixMs } from '../../src/shared/domain/time.ts'

const BTC = asset('BTC')
const SLOT = makeSlot(BTC, '5m')
const NOON = Date.UTC(2026, 0, 5, 12)

/** An engine and a simulated venue on a feed that pushes, driven in the order of the live driver. */
class Pushed {
  readonly told: EngineEvent[] = []
  readonly engine: Engine
  readonly market: SimulatedVenue

  /** @param startsWithFeed the price path starts with the desk, so that none were missed before the first */
  constructor(startsWithFeed = false) {
    const config = parseConfig({ slots: [SLOT.id] })
    if (!config.ok) throw new Error(config.error)
    const listings = new Map([[SLOT.id, simulatedListing(SLOT.id, DEFAULT_MATCHER)]])
    this.engine = new Engine(engineConfigOf(config.value, 'paper', [SLOT], listings, FINAL_VENUE))
    const candles = () => this.engine.state.assets.get(BTC)
    this.market = new SimulatedVenue({
      seed: 1,
      slots: [SLOT],
      ...venueSettingsOf(config.value),
      source: 'test',
      pushesBooks: true,
      startsWithFeed,
      minuteAt: (_, openTime) => {
        const [minute] = candles()?.candles['1m'].after(openTime - 1) ?? []
        return minute?.openTime === openTime ? minute : undefined
      },
      isReported: (_, openTime) => candles()?.isReported(openTime) === true,
    })
  }

  pump(until: number): void {
    while ((this.market.peek() ?? Number.POSITIVE_INFINITY) <= until) {
      const event = this.market.pop()
      if (event === undefined) continue
      if (event.kind === 'strike' || event.kind === 'settled') this.told.push(event)
      this.engine.handle(event)
    }
  }

  price(seconds: number, price: number): void {
    const ts = unixMs(NOON + seconds * 1_000)
    this.pump(ts)
    const event = { kind: 'price', ts, tsVenue: ts, asset: BTC, price, volume: 1 } as const
    this.engine.handle(event)
    this.market.onFeedEvent(event)
  }

  candle(openTime: number, close: number): void {
    const candle = { openTime: unixMs(openTime), open: 100.5, high: 100.5, low: close, close, volume: 10 }
    const ts = this.engine.state.now
    const event = { kind: 'candle', ts, asset: BTC, frame: '1m', origin: 'backfill', candle } as const
    this.engine.handle(event)
    this.market.onFeedEvent(event)
  }
}

describe('A1: a minute with missing prices', () => {
  test('settles no window and gives no strike; the minute reported by the venue does', () => {
    const desk = new Pushed()
    for (let s = 0; s <= 243; s += 2) desk.price(s, s > 2 ? 100.5 : 100)
    // No prices from 12:04:03 to 12:05:02, while the price fell.
    for (let s = 302; s <= 330; s += 2) desk.price(s, 95)
    const slot = desk.engine.state.slots.get(SLOT.id)
    expect(slot?.strike).toBeNull()
    desk.pump(NOON + 331_000)
    expect(desk.told.filter(({ ts }) => ts > NOON + 300_000)).toEqual([])
    desk.candle(NOON + 240_000, 95)
    for (let s = 332; s <= 420; s += 2) desk.price(s, 95)
    desk.pump(NOON + 900_000)
    const settled = desk.told.filter(({ kind }) => kind === 'settled')
    expect(settled).toEqual([expect.objectContaining({ payoutUp: 0, close: 96.8 })])
    const strike = { kind: 'strike', windowId: windowAt(SLOT, unixMs(NOON + 300_000)).id, strike: 96.8 }
    expect(desk.told.filter(({ ts }) => ts > NOON + 300_000)).toContainEqual(expect.objectContaining(strike))
  })
})

describe('A1: a desk that starts within the minute before a window', () => {
  const started = (startsWithFeed: boolean) => {
    const desk = new Pushed(startsWithFeed)
    for (let s = 270; s <= 330; s += 2) desk.price(s, s < 300 ? 100 : 95)
    desk.pump(NOON + 331_000)
    return desk
  }
  const quoted = ({ market }: Pushed) => market.bookOf(0, NOON + 300_000) !== null

  test('has its windows quoted once the venue reports that minute', () => {
    const desk = started(false)
    expect([desk.told, quoted(desk)]).toEqual([[], false])
    desk.candle(NOON + 240_000, 95)
    for (let s = 332; s <= 340; s += 2) desk.price(s, 95)
    expect(desk.told).toEqual([expect.objectContaining({ kind: 'strike', strike: 96.8 })])
    expect(quoted(desk)).toBe(true)
  })

  test('has its windows quoted at once if the price path starts with it', () => {
    const desk = started(true)
    expect(desk.told).toEqual([expect.objectContaining({ kind: 'strike', strike: 100 })])
    expect(quoted(desk)).toBe(true)
  })
})
