import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Market, Row } from './market.ts'
import { type PolymarketOptions, type PolymarketSim, startPolymarket } from './polymarket/sim.ts'
import { handlePolymarketControl } from './polymarket/switch.ts'
import { quoteInterval } from './quotes.ts'
import { type Fault, Rest } from './rest.ts'
import { Shocks } from './shocks.ts'
import { Sockets } from './sockets.ts'

export interface VenueSimOptions {
  readonly market: Market
  /** Market time at the start, Unix ms. */
  readonly startAt: number
  /** Market seconds per real second. */
  readonly speed?: number
  /** 0 = a free port. */
  readonly port?: number
  readonly halted?: readonly string[]
  readonly silent?: readonly string[]
  readonly finalLagMs?: number
  readonly pingMs?: number
  readonly pongTimeoutMs?: number
  readonly maxAgeMs?: number
  /** Real time after which all connections are cut, repeatedly. */
  readonly dropEveryMs?: number
  /** Market time from outside. Nothing happens by itself then: `step` plays what is due. */
  readonly clock?: () => number
  /** Also simulates Polymarket. */
  readonly polymarket?: PolymarketOptions
}

/** Counters of the simulator. */
export interface VenueSimState {
  readonly now: number
  readonly speed: number
  readonly connections: number
  readonly connectionsOpened: number
  readonly requests: number
  readonly symbols: readonly string[]
}

export interface VenueSim {
  readonly restUrl: string
  readonly wsUrl: string
  /** Undefined unless it was asked for. */
  readonly polymarket: PolymarketSim | undefined
  /** Market time. */
  now(): number
  /** Moves the market time forward and plays everything due; with a clock from outside, up to that clock. */
  step(ms?: number): void
  candle(symbol: string, openTime: number): Row | undefined
  state(): VenueSimState
  drop(refuseMs?: number): void
  /** Stops pushes of one symbol, or of all, for `ms` of real time. */
  silence(ms: number, symbol?: string): void
  /** Stops pushes of a symbol on the connections that are open now. */
  mute(symbol: string): void
  micros(ms: number, symbol: string): void
  /** Multiplies a symbol's published prices by `factor`, on the stream and over REST, for `ms` of market time. */
  shock(symbol: string, factor: number, ms: number): void
  /** Sets Binance's clock off by `ms`. */
  clock(ms: number): void
  gap(symbol: string, count: number): void
  shutdown(closeAfterMs: number): void
  sendRaw(text: string): void
  /** Makes the next `count` REST requests fail with `status`; 0 cuts the connection. */
  failRest(count: number, status?: number, retryAfterSec?: number): void
  close(): Promise<void>
}

/** Starts a simulated Binance on 127.0.0.1, with its own market time. */
export async function startVenueSim(options: VenueSimOptions): Promise<VenueSim> {
  const { market, startAt, speed = 1 } = options
  const began = performance.now()
  let stepped = 0
  const now = options.clock ?? (() => startAt + stepped + (performance.now() - began) * speed)
  const faults: Fault[] = []
  const shocks = new Shocks()
  const shock = (symbol: string, factor: number, ms: number) => {
    const from = Math.floor(now())
    shocks.add({ symbol, factor, from, until: from + ms })
  }
  let clockOffset = 0
  const offset = () => clockOffset
  const setClock = (ms: number) => {
    clockOffset = ms
  }
  const rest = new Rest({
    market,
    shocks,
    now,
    offset,
    halted: new Set(options.halted),
    takeFault: () => faults.shift(),
  })
  const sockets = new Sockets({
    market,
    shocks,
    now,
    offset,
    finalLagMs: options.finalLagMs ?? 100,
    quoteMs: quoteInterval(speed),
    pingMs: options.pingMs ?? 20_000,
    pongTimeoutMs: options.pongTimeoutMs ?? 60_000,
    maxAgeMs: options.maxAgeMs ?? 86_400_000,
    silent: new Set(options.silent),
  })
  const state = (): VenueSimState => ({
    now: Math.floor(now()),
    speed,
    connections: sockets.connections,
    connectionsOpened: sockets.opened,
    requests: rest.requests,
    symbols: market.symbols,
  })
  const failRest: VenueSim['failRest'] = (count, status = 503, retryAfterSec = undefined) => {
    faults.length = 0
    for (let i = 0; i < count; i++) faults.push({ status, retryAfterSec })
  }
  const polymarket =
    options.polymarket === undefined ? undefined : await startPolymarket(market, startAt, now, options.polymarket)
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (polymarket !== undefined && url.pathname.startsWith('/sim/pm/')) {
      handlePolymarketControl(request, response, url, polymarket)
    } else if (url.pathname.startsWith('/sim/'))
      handleControl(request, response, url, { sockets, failRest, shock, clock: setClock, state })
    else rest.handle(request, response, url)
  })
  server.on('upgrade', (request, socket, head) =>
    sockets.upgrade(request, socket, head, new URL(request.url ?? '/', 'http://127.0.0.1')),
  )
  const port = await listen(server, options.port ?? 0)
  const player = new Player(sockets, polymarket, now)
  const stopPushing = options.clock === undefined ? player.start(speed) : () => {}
  const dropTimer =
    options.dropEveryMs === undefined ? undefined : setInterval(() => sockets.drop(), options.dropEveryMs)
  return {
    restUrl: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    polymarket,
    now,
    step(ms = 0) {
      stepped += ms
      player.play()
    },
    candle: (symbol, openTime) => market.candle(symbol, openTime),
    state,
    drop: (refuseMs) => sockets.drop(refuseMs),
    silence: (ms, symbol) => sockets.silence(ms, symbol),
    mute: (symbol) => sockets.mute(symbol),
    micros: (ms, symbol) => sockets.micros(ms, symbol),
    shock,
    clock: setClock,
    gap: (symbol, count) => sockets.gap(symbol, count),
    shutdown: (closeAfterMs) => sockets.shutdown(closeAfterMs),
    sendRaw: (text) => sockets.sendRaw(text),
    failRest,
    async close() {
      stopPushing()
      await polymarket?.close()
      clearInterval(dropTimer)
      sockets.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/** Plays every push at its market time; after a stall, the missed ones at once. */
class Player {
  readonly #sockets: Sockets
  readonly #polymarket: PolymarketSim | undefined
  readonly #now: () => number
  #nextPushAt: number

  constructor(sockets: Sockets, polymarket: PolymarketSim | undefined, now: () => number) {
    this.#sockets = sockets
    this.#polymarket = polymarket
    this.#now = now
    this.#nextPushAt = sockets.nextPush(Math.floor(now()))
  }

  play(): void {
    const now = this.#now()
    for (; this.#nextPushAt <= now; this.#nextPushAt = this.#sockets.nextPush(this.#nextPushAt)) {
      this.#polymarket?.play(this.#nextPushAt)
      this.#sockets.push(this.#nextPushAt)
    }
    this.#polymarket?.play(now)
  }

  /** @param speed market seconds per real second */
  start(speed: number): () => void {
    let timer: NodeJS.Timeout
    const run = () => {
      this.play()
      const nextAt = Math.min(this.#nextPushAt, this.#polymarket?.nextAt ?? Number.POSITIVE_INFINITY)
      timer = setTimeout(run, Math.max(1, (nextAt - this.#now()) / speed))
    }
    timer = setTimeout(run, 0)
    return () => clearTimeout(timer)
  }
}

interface ControlTargets extends Pick<VenueSim, 'failRest' | 'shock' | 'clock' | 'state'> {
  readonly sockets: Sockets
}

/** `POST /sim/drop?refuse=ms`, `silence?ms=&symbol=`, `mute?symbol=`, `micros?ms=&symbol=`, `shock?symbol=&factor=&ms=`, `clock?ms=`, `gap?symbol=&count=`, `shutdown?close=ms`, `rest-fail?count=&status=&retryAfter=`, `raw` (body); `GET /sim/state`. */
function handleControl(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  { sockets, failRest, shock, clock, state }: ControlTargets,
): void {
  const number = (name: string, fallback: number) => Number(url.searchParams.get(name) ?? fallback)
  const symbol = url.searchParams.get('symbol') ?? ''
  const retryAfter = url.searchParams.get('retryAfter')
  const actions: Readonly<Record<string, (body: string) => void>> = {
    '/sim/drop': () => sockets.drop(number('refuse', 0)),
    '/sim/silence': () => sockets.silence(number('ms', 15_000), url.searchParams.get('symbol') ?? undefined),
    '/sim/mute': () => sockets.mute(symbol),
    '/sim/micros': () => sockets.micros(number('ms', 15_000), symbol),
    '/sim/shock': () => shock(symbol, number('factor', 3), number('ms', 7_000)),
    '/sim/clock': () => clock(number('ms', 0)),
    '/sim/gap': () => sockets.gap(symbol, number('count', 1)),
    '/sim/shutdown': () => sockets.shutdown(number('close', 600_000)),
    '/sim/rest-fail': () =>
      failRest(number('count', 1), number('status', 503), retryAfter === null ? undefined : Number(retryAfter)),
    '/sim/raw': (body) => sockets.sendRaw(body),
    '/sim/state': () => {},
  }
  const action = actions[url.pathname]
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const allowed = action !== undefined && (request.method === 'POST' || url.pathname === '/sim/state')
    if (allowed) action(Buffer.concat(chunks).toString())
    response.writeHead(allowed ? 200 : 404, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(allowed ? state() : { error: `no such control: ${url.pathname}` }))
  })
}
