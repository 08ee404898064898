import type { Faults } from './faults.ts'
import type { Stamps } from './price-feed.ts'
import { refusal, reply, type SimReply, type SimRequest } from './wire.ts'

export type Geoblock = { readonly blocked: boolean; readonly country: string; readonly region: string }

/** Two paths of the web site: where trading is blocked, and the price to beat. */
export class Site {
  readonly #stamps: Stamps
  readonly #faults: Faults
  readonly #now: () => number
  geoblock: Geoblock = { blocked: false, country: 'CH', region: 'ZH' }

  constructor(stamps: Stamps, faults: Faults, now: () => number) {
    this.#stamps = stamps
    this.#faults = faults
    this.#now = now
  }

  handle({ method, path, query }: SimRequest): SimReply {
    if (method !== 'GET') return refusal(405, 'method not allowed')
    if (path === '/api/geoblock') return reply({ ...this.geoblock, ip: '203.0.113.42' })
    if (path === '/api/crypto/crypto-price') return this.#price(query)
    return refusal(404, 'not found')
  }

  /** TWAP at the boundaries when the query asks for it, else the spot price there, which does not settle the market. */
  #price(query: URLSearchParams): SimReply {
    const asset = (query.get('symbol') ?? '').toUpperCase()
    const start = Date.parse(query.get('eventStartTime') ?? '') / 1000
    const end = Date.parse(query.get('endDate') ?? '') / 1000
    if (!this.#stamps.assets.includes(asset) || !Number.isInteger(start)) return refusal(400, 'Invalid parameters')
    const isTwap =
      query.get('twapEnabled') === 'true' &&
      query.get('twapLookbackSeconds') === '60' &&
      (query.get('variant') ?? '') !== '' &&
      Number.isInteger(end)
    const now = this.#now()
    const at = (second: number) => {
      if (!Number.isInteger(second) || this.#stamps.arrival(second) > now) return null
      const stamp = isTwap ? this.#stamps.twap(asset, second) : this.#stamps.spot(asset, second)
      return stamp?.value ?? null
    }
    const closePrice = at(end)
    return reply({
      openPrice: at(start),
      closePrice,
      timestamp: Math.floor(now) + this.#faults.offset('site'),
      completed: closePrice !== null,
      incomplete: closePrice === null,
      cached: false,
    })
  }
}
