import { priceText } from './book.ts'
import { type Exchange, LISTED_BEFORE_MS } from './exchange.ts'
import type { Faults } from './faults.ts'
import type { Listing, MarketWindow } from './identity.ts'
import type { Truth } from './truth.ts'
import { refusal, reply, type SimReply, type SimRequest } from './wire.ts'

export interface GammaContext {
  readonly listing: Listing
  readonly exchange: Exchange
  readonly truth: Truth
  readonly faults: Faults
  now(): number
}

/** Ids of the series of the venue, where they are known. */
const SERIES_IDS: Readonly<Record<string, string>> = {
  'btc-up-or-down-5m': '10684',
  'btc-up-or-down-15m': '10192',
  'eth-up-or-down-5m': '10683',
  'eth-up-or-down-15m': '10191',
}
/** Market time after the end at which events tell strike and final price. */
const METADATA_AFTER_MS = 60_000

const iso = (ms: number) => new Date(ms).toISOString()
const seconds = (ms: number) => iso(ms).replace(/\.\d+Z$/, 'Z')

/** The discovery API: markets and events by slug. */
export class Gamma {
  readonly #context: GammaContext

  constructor(context: GammaContext) {
    this.#context = context
  }

  handle({ method, path, query }: SimRequest): SimReply {
    if (method !== 'GET') return refusal(405, 'method not allowed')
    const [, kind, form, value] = path.split('/')
    if (kind === 'markets' && form === 'slug') return this.#one(this.#windowOf(value), (w) => this.marketRow(w))
    if (kind === 'events' && form === 'slug') return this.#one(this.#windowOf(value), (w) => this.eventRow(w))
    if (kind === 'markets' && form === undefined) return reply(this.#list(query).map((w) => this.marketRow(w)))
    if (kind === 'events' && form === undefined) return reply(this.#list(query).map((w) => this.eventRow(w)))
    if (kind === 'markets' && form !== undefined) {
      return this.#one(this.#context.listing.byId(form), (w) => this.marketRow(w))
    }
    return refusal(404, 'not found')
  }

  #one(window: MarketWindow | undefined, row: (window: MarketWindow) => unknown): SimReply {
    if (window === undefined || !this.#isListed(window)) {
      return { status: 404, body: { type: 'not found error', error: 'slug not found' } }
    }
    return reply(row(window))
  }

  #windowOf(slug: string | undefined): MarketWindow | undefined {
    return this.#context.listing.bySlug(slug ?? '')
  }

  /** Rows of a query; `closed` is false unless it says otherwise. */
  #list(query: URLSearchParams): MarketWindow[] {
    const { listing, exchange, now } = this.#context
    const isClosedWanted = query.get('closed') === 'true'
    const ids = [...query.getAll('clob_token_ids'), ...query.getAll('condition_ids'), ...query.getAll('id')]
    const asked = [...query.getAll('slug').map((slug) => listing.bySlug(slug)), ...ids.map((id) => listing.byId(id))]
    const isNarrow = query.has('slug') || ids.length > 0
    const windows = isNarrow ? asked.filter((w) => w !== undefined) : exchange.openWindows(now())
    return [...new Set(windows)].filter((w) => this.#isListed(w) && this.#isResolved(w) === isClosedWanted)
  }

  #isListed(window: MarketWindow): boolean {
    const { faults, now } = this.#context
    const { missing, lateMs } = faults.row(window)
    const listedAt = lateMs === undefined ? window.startMs - LISTED_BEFORE_MS : window.startMs + lateMs
    return missing !== true && now() >= listedAt
  }

  #isResolved(window: MarketWindow): boolean {
    return this.#context.exchange.resolvedAt(window, this.#context.now()) !== undefined
  }

  marketRow(window: MarketWindow): Readonly<Record<string, unknown>> {
    return this.#altered(window, { ...this.#market(window), events: [this.#event(window)] })
  }

  eventRow(window: MarketWindow): Readonly<Record<string, unknown>> {
    return { ...this.#event(window), markets: [this.#altered(window, this.#market(window))] }
  }

  #altered(window: MarketWindow, row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const { without = [], reversed, set = {} } = this.#context.faults.row(window)
    const turned =
      reversed === true
        ? {
            outcomes: '["Down", "Up"]',
            clobTokenIds: JSON.stringify([window.down, window.up]),
            // In the order of the outcomes, as all lists of a row are.
            outcomePrices: JSON.stringify(this.#pricesOf(window).toReversed()),
          }
        : {}
    const altered = { ...row, ...turned, ...set }
    return Object.fromEntries(Object.entries(altered).filter(([key]) => !without.includes(key)))
  }

  #event(window: MarketWindow): Readonly<Record<string, unknown>> {
    const { truth, now } = this.#context
    const asset = window.asset.toLowerCase()
    const series = `${asset}-up-or-down-${window.minutes}m`
    const isClosed = this.#isResolved(window)
    const isTold = now() >= window.endMs + METADATA_AFTER_MS
    const metadata = isTold
      ? { priceToBeat: Number(truth.strike(window)) / 1e18, finalPrice: Number(truth.final(window)) / 1e18 }
      : null
    return {
      id: window.eventId,
      ticker: window.slug,
      slug: window.slug,
      title: question(window),
      startDate: iso(window.startMs - LISTED_BEFORE_MS),
      creationDate: iso(window.startMs - LISTED_BEFORE_MS),
      endDate: seconds(window.endMs),
      startTime: seconds(window.startMs),
      active: true,
      closed: isClosed,
      archived: false,
      restricted: true,
      negRisk: false,
      enableOrderBook: true,
      eventMetadata: metadata,
      seriesSlug: series,
      series: [{ id: SERIES_IDS[series] ?? '19999', slug: series, title: series, recurrence: `${window.minutes}m` }],
    }
  }

  #market(window: MarketWindow): Readonly<Record<string, unknown>> {
    const { exchange, now } = this.#context
    const asset = window.asset.toLowerCase()
    const state = exchange.state(window)
    const closedAt = exchange.resolvedAt(window, now())
    const isClosed = closedAt !== undefined
    const bid = state?.book.bids.best
    const ask = state?.book.asks.best
    const listedAt = window.startMs - LISTED_BEFORE_MS
    const optional = {
      ...(bid === undefined ? {} : { bestBid: bid / 1000 }),
      ...(ask === undefined ? {} : { bestAsk: ask / 1000 }),
      ...(state === undefined || state.lastTrade === '' ? {} : { lastTradePrice: Number(state.lastTrade) }),
      ...(isClosed
        ? {
            closedTime: seconds(closedAt).replace('T', ' ').replace('Z', '+00'),
            umaEndDate: seconds(closedAt),
            umaResolutionStatus: 'resolved',
          }
        : {}),
    }
    return {
      id: window.marketId,
      question: question(window),
      conditionId: window.conditionId,
      questionID: window.questionId,
      slug: window.slug,
      resolutionSource: `https://data.chain.link/streams/${asset}-usd-twap-60s-streams`,
      startDate: iso(listedAt),
      startDateIso: iso(listedAt).slice(0, 10),
      endDate: seconds(window.endMs),
      endDateIso: iso(window.endMs).slice(0, 10),
      eventStartTime: seconds(window.startMs),
      createdAt: iso(listedAt),
      updatedAt: iso(closedAt ?? now()),
      description: `This market will resolve to "Up" if the ${window.name} price at the end of the time range specified in the title is greater than or equal to the price at the beginning of that range. Otherwise, it will resolve to "Down".`,
      outcomes: '["Up", "Down"]',
      outcomePrices: JSON.stringify(this.#pricesOf(window)),
      clobTokenIds: JSON.stringify([window.up, window.down]),
      version: 'v1',
      active: true,
      closed: isClosed,
      archived: false,
      restricted: true,
      acceptingOrders: now() < window.endMs,
      acceptingOrdersTimestamp: seconds(listedAt),
      enableOrderBook: true,
      automaticallyActive: true,
      automaticallyResolved: isClosed,
      negRisk: false,
      negRiskOther: false,
      orderPriceMinTickSize: (state?.tick ?? 1) / 1000,
      orderMinSize: 5,
      makerBaseFee: 1000,
      takerBaseFee: 1000,
      feesEnabled: true,
      feeType: 'crypto_fees_v2',
      feeSchedule: { exponent: 1, rate: 0.07, takerOnly: true, rebateRate: 0.2 },
      makerRebatesFeeShareBps: 10000,
      rewardsMinSize: 50,
      rewardsMaxSpread: 4.5,
      cryptoMarketConfig: {
        id: `${asset}-${window.minutes}m-twap-60`,
        asset,
        duration: `${window.minutes}m`,
        twapEnabled: true,
        twapLookbackSeconds: 60,
      },
      marketMakerAddress: '',
      umaResolutionStatuses: '[]',
      spread: bid === undefined || ask === undefined ? 1 : (ask - bid) / 1000,
      volume: '79945.98',
      volumeNum: 79945.98,
      liquidity: '0',
      liquidityNum: 0,
      ready: false,
      funded: false,
      new: false,
      featured: false,
      ...optional,
    }
  }

  #pricesOf(window: MarketWindow): readonly string[] {
    return this.#outcomePrices(window, this.#isResolved(window) ? this.#context.truth.resolution(window) : undefined)
  }

  #outcomePrices(window: MarketWindow, resolution: 'Up' | 'Down' | 'split' | undefined): readonly string[] {
    if (resolution === 'split') return ['0.5', '0.5']
    if (resolution !== undefined) return resolution === 'Up' ? ['1', '0'] : ['0', '1']
    const book = this.#context.exchange.state(window)?.book
    const middle = ((book?.bids.best ?? 0) + (book?.asks.best ?? 1000)) / 2
    return [priceText(middle), priceText(1000 - middle)]
  }
}

function question(window: MarketWindow): string {
  const time = (ms: number) =>
    new Date(ms).toLocaleTimeString('en-US', { timeZone: 'America/New_York', hour: 'numeric', minute: '2-digit' })
  const day = new Date(window.startMs).toLocaleDateString('en-US', {
    timeZone: 'America/New_York',
    month: 'long',
    day: 'numeric',
  })
  const text = `${time(window.startMs)}-${time(window.endMs)}`.replaceAll(/\s(?=[AP]M)/g, '')
  return `${window.name} Up or Down - ${day}, ${text} ET`
}
