import type { Market } from '../market.ts'
import { bookHash, type WireBook } from './book.ts'
import { Clob } from './clob.ts'
import { type ControlContext, type PolymarketControls, polymarketControls } from './controls.ts'
import { Exchange, type ExchangeEvent } from './exchange.ts'
import { Faults, SERVICES, type Service } from './faults.ts'
import { decimal, SettlementFeed } from './feed.ts'
import { Gamma } from './gamma.ts'
import { ASSETS, Listing, type MarketWindow, type Outcome } from './identity.ts'
import { MarketChannel } from './market-channel.ts'
import { Playback, type RecordedBooks } from './playback.ts'
import { type Credentials, PolyBolt } from './polybolt.ts'
import { Stamps } from './price-feed.ts'
import { Rtds } from './rtds.ts'
import { type ServiceOptions, type ServiceServer, serve } from './serve.ts'
import { Site } from './site.ts'
import { Truth } from './truth.ts'
import {
  type Channel,
  type Conversation,
  mutable,
  Outbox,
  type Peer,
  refusal,
  type SimReply,
  type SimRequest,
} from './wire.ts'

export interface PolymarketOptions {
  /** Default: those of the seven listed assets that have candles. */
  readonly assets?: readonly string[]
  /** Default: 5 and 15. */
  readonly minutes?: readonly number[]
  readonly seed?: number
  /** Market time between two quotes (500), or by asset with `*` for the others. A quote is 3 to 5 frames a window. */
  readonly quoteMs?: number | Readonly<Record<string, number>>
  /** What price_change rows carry as their hash. */
  readonly deltaHashes?: 'checksum' | 'other'
  /** Sends the book after a trade before the trade itself: its hash is made with a price not yet told. */
  readonly bookFirst?: boolean
  /** Market time from the end of a window to its resolution; default: 15 to 85 s, by window. */
  readonly resolveAfterMs?: number
  /** Share of seconds that the price feeds leave out (measured: 0.07); default 0. */
  readonly missingSeconds?: number
  /** Market time from a second to its price. */
  readonly stampLagMs?: number
  readonly credentials?: Credentials
  /** Recorded books, served in the place of the generated ones of their windows. */
  readonly books?: RecordedBooks
  readonly ports?: Partial<Readonly<Record<Service, number>>>
}

export const TEST_CREDENTIALS: Credentials = {
  apiKey: '11111111-1111-4111-8111-111111111111',
  secret: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  passphrase: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
}

/** The true book of a token. */
export interface TrueBook extends WireBook {
  readonly market: string
  readonly tickSize: string
  readonly lastTradePrice: string
  /** Checksum of the book as it is now, with the market time as its timestamp. */
  readonly hash: string
}

export interface PolymarketSim extends PolymarketControls {
  readonly gammaUrl: string
  readonly clobUrl: string
  readonly marketWsUrl: string
  readonly rtdsUrl: string
  readonly polyboltUrl: string
  readonly siteUrl: string
  readonly credentials: Credentials
  /** Undefined while the venue has no book of the token. */
  book(token: string): TrueBook | undefined
  /** TWAP stamped with the start as a decimal of 18 places; undefined before the start. */
  strike(slug: string): string | undefined
  /** TWAP stamped with the end; undefined before it. */
  final(slug: string): string | undefined
  /** What a right settlement pays; undefined before the end. */
  outcome(slug: string): Outcome | undefined
  /** Market time of the resolution; undefined before it. */
  resolvedAt(slug: string): number | undefined
  /** The window of a slug, listed or not. */
  window(slug: string): MarketWindow | undefined
  /** The current and the next window of each slot. */
  windows(): MarketWindow[]
  /** Asks a service without a socket, as a transport in process does. */
  request(service: Service, request: SimRequest): SimReply
  /** Connects to a service without a socket. */
  connect(service: 'market' | 'rtds' | 'polybolt', peer: Peer): Conversation
  connections(service: Service): number
  /** Connections and requests so far. */
  opened(service: Service): number
  requests(service: Service): number
  /** Market time of the next thing that happens by itself. */
  readonly nextAt: number
  /** Plays everything that happens until a market time. */
  play(until: number): void
  close(): Promise<void>
}

/** Starts a simulated Polymarket on 127.0.0.1 beside the candles of the simulated Binance. */
export async function startPolymarket(
  candles: Market,
  startAt: number,
  marketNow: () => number,
  options: PolymarketOptions,
): Promise<PolymarketSim> {
  const { seed = 7, credentials = TEST_CREDENTIALS, quoteMs = 500 } = options
  const assets = options.assets ?? ASSETS.filter((asset) => candles.symbols.includes(`${asset}USDT`))
  // While missed events are played, it is as late as the event.
  let playing: number | undefined
  const now = () => playing ?? marketNow()
  const listing = new Listing(assets, options.minutes ?? [5, 15], seed)
  const faults = new Faults()
  const feed = new SettlementFeed(candles, seed)
  const truth = new Truth(feed, faults, options.resolveAfterMs)
  const playback = options.books === undefined ? undefined : new Playback(options.books, listing)
  for (const [slug, outcome] of playback?.outcomes() ?? []) truth.record(slug, outcome)
  const listeners: ((event: ExchangeEvent) => void)[] = []
  const exchange = new Exchange({
    listing,
    feed,
    startAt,
    quoteMs: (asset) => (typeof quoteMs === 'number' ? quoteMs : (quoteMs[asset] ?? quoteMs['*'] ?? 500)),
    isBookFirst: options.bookFirst ?? false,
    resolveAfterMs: (window) => truth.resolveAfterMs(window),
    resolution: (window) => truth.resolution(window),
    isRecorded: (window) => playback?.has(window) ?? false,
    emit: (event) => {
      for (const listener of listeners) listener(event)
    },
  })
  const outboxes = { market: new Outbox(now), rtds: new Outbox(now), polybolt: new Outbox(now) }
  const stamps = new Stamps({
    feed,
    faults,
    assets,
    seed,
    missingSeconds: options.missingSeconds ?? 0,
    lagMs: options.stampLagMs ?? 1_300,
    now,
  })
  const context = { listing, exchange, truth, faults, now }
  const gamma = new Gamma(context)
  const clob = new Clob(context)
  const site = new Site(stamps, faults, now)
  const market = new MarketChannel({
    ...context,
    outbox: outboxes.market,
    deltaHashes: options.deltaHashes ?? 'checksum',
  })
  listeners.push((event) => market.publish(event))
  const rtds = new Rtds(stamps, faults, outboxes.rtds, now)
  const polybolt = new PolyBolt({ stamps, faults, outbox: outboxes.polybolt, credentials, now })
  const rest: Partial<Record<Service, (request: SimRequest) => SimReply>> = {
    gamma: (request) => gamma.handle(request),
    clob: (request) => clob.handle(request),
    site: (request) => site.handle(request),
  }
  const request = (service: Service, asked: SimRequest): SimReply =>
    faults.takeHttp(service, asked) ?? rest[service]?.(asked) ?? refusal(404, 'not found')
  const channels = { market, rtds, polybolt }
  const mute = (service: 'market' | 'rtds' | 'polybolt') =>
    mutable(channels[service], () => faults.isMute(service, now()))
  const open = { market: mute('market'), rtds: mute('rtds'), polybolt: mute('polybolt') }
  const servers = await startServers(
    { gamma: {}, clob: {}, site: {}, market: { path: '/ws/market' }, rtds: { path: '' }, polybolt: { path: '/ws' } },
    { channels: open, request, clock: (service) => now() + faults.offset(service), ports: options.ports ?? {} },
  )
  const control: ControlContext = { listing, exchange, faults, outboxes, channels, servers, site, now }
  let second = stamps.newest(startAt)
  playback?.seek(exchange, startAt)
  const nextAt = () =>
    Math.min(exchange.nextAt, stamps.arrival(second + 1), playback?.nextAt ?? Number.POSITIVE_INFINITY)
  const play = (until: number) => {
    for (; nextAt() <= until; ) {
      playing = nextAt()
      if (stamps.arrival(second + 1) <= playing) {
        second++
        rtds.publish(second)
        polybolt.publish(second)
      } else if (exchange.nextAt <= playing) exchange.advance()
      playback?.play(exchange, playing)
      for (const outbox of Object.values(outboxes)) outbox.flush()
    }
    playing = undefined
  }
  const url = (service: Service, scheme: string) => `${scheme}://127.0.0.1:${servers[service].port}`
  const after = <T>(slug: string, time: (window: MarketWindow) => number, value: (window: MarketWindow) => T) => {
    const window = listing.bySlug(slug)
    return window === undefined || now() < time(window) ? undefined : value(window)
  }
  return {
    ...polymarketControls(control),
    gammaUrl: url('gamma', 'http'),
    clobUrl: url('clob', 'http'),
    marketWsUrl: `${url('market', 'ws')}/ws/market`,
    rtdsUrl: url('rtds', 'ws'),
    polyboltUrl: `${url('polybolt', 'ws')}/ws`,
    siteUrl: url('site', 'http'),
    credentials,
    book(token) {
      const window = listing.byId(token)
      const state = window && exchange.state(window)
      if (window === undefined || state === undefined) return undefined
      const hashed = exchange.hashed(state, token === window.up, Math.floor(now()))
      const { bids, asks, tick_size: tickSize, last_trade_price: lastTradePrice } = hashed
      return { market: hashed.market, bids, asks, tickSize, lastTradePrice, hash: bookHash(hashed) }
    },
    strike: (slug) =>
      after(
        slug,
        ({ startMs }) => startMs,
        (window) => decimal(truth.strike(window), 18),
      ),
    final: (slug) =>
      after(
        slug,
        ({ endMs }) => endMs,
        (window) => decimal(truth.final(window), 18),
      ),
    outcome: (slug) =>
      after(
        slug,
        ({ endMs }) => endMs,
        (window) => truth.outcome(window),
      ),
    resolvedAt: (slug) =>
      after(
        slug,
        ({ endMs }) => endMs,
        (window) => exchange.resolvedAt(window, now()),
      ),
    window: (slug) => listing.bySlug(slug),
    windows: () => exchange.openWindows(now()),
    request,
    connect: (service, peer) => open[service].connect(peer),
    connections: (service) => servers[service].connections,
    opened: (service) => servers[service].opened,
    requests: (service) => servers[service].requests,
    get nextAt() {
      return nextAt()
    },
    play,
    async close() {
      await Promise.all(SERVICES.map((service) => servers[service].close()))
    },
  }
}

interface ServersContext {
  readonly channels: Readonly<Record<'market' | 'rtds' | 'polybolt', Channel>>
  request(service: Service, request: SimRequest): SimReply
  clock(service: Service): number
  readonly ports: Partial<Readonly<Record<Service, number>>>
}

async function startServers(
  services: Readonly<Record<Service, { readonly path?: string }>>,
  { channels, request, clock, ports }: ServersContext,
): Promise<Record<Service, ServiceServer>> {
  const start = (service: Service): Promise<ServiceServer> => {
    const { path } = services[service]
    const common = { port: ports[service] ?? 0, clock: () => clock(service) }
    const isSocket = service === 'market' || service === 'rtds' || service === 'polybolt'
    const options: ServiceOptions = isSocket
      ? {
          ...common,
          socket: {
            path: path ?? '',
            channel: channels[service],
            ...(service === 'polybolt' ? { pingMs: 25_000 } : {}),
          },
        }
      : { ...common, handle: (asked) => request(service, asked) }
    return serve(options)
  }
  const [gamma, clob, market, rtds, polybolt, site] = await Promise.all([
    start('gamma'),
    start('clob'),
    start('market'),
    start('rtds'),
    start('polybolt'),
    start('site'),
  ])
  return { gamma, clob, market, rtds, polybolt, site }
}
