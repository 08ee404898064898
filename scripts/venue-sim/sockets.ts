import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { candleAt, INTERVALS, klineEvent } from './candles.ts'
import { Control } from './control.ts'
import { type Market, MINUTE } from './market.ts'
import { isQuoteStream, quoteEvent } from './quotes.ts'
import type { Shocks } from './shocks.ts'

/** Market time between two pushes of a kline stream. */
const PUSH_MS = 2_000

export interface SocketsOptions {
  readonly market: Market
  readonly shocks: Shocks
  now(): number
  /** Difference of the venue's clock. */
  offset(): number
  /** Market time between a candle's end and its final frame; below two seconds. */
  readonly finalLagMs: number
  /** Market time between two looks at the price. */
  readonly quoteMs: number
  /** Real time between two ping frames. */
  readonly pingMs: number
  /** Real time without a pong after which the connection is cut. */
  readonly pongTimeoutMs: number
  /** Real time after which a connection is closed. */
  readonly maxAgeMs: number
  /** Symbols that are listed, but never pushed. */
  readonly silent: ReadonlySet<string>
}

interface Peer {
  readonly socket: WebSocket
  readonly control: Control
  readonly dispose: () => void
}

/** The venue's WebSocket connections, their streams and pushes. */
export class Sockets {
  readonly #options: SocketsOptions
  readonly #server = new WebSocketServer({ noServer: true })
  readonly #peers = new Set<Peer>()
  #silentUntil = 0
  #refuseUntil = 0
  /** Number of final frames still to be withheld, by symbol. */
  readonly #withheld = new Map<string, number>()
  /** Real time until which a symbol is not pushed, and until which its times are in microseconds. */
  readonly #mutedUntil = new Map<string, number>()
  readonly #microsUntil = new Map<string, number>()
  /** Connections accepted so far. */
  opened = 0

  constructor(options: SocketsOptions) {
    this.#options = options
  }

  get connections(): number {
    return this.#peers.size
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): void {
    const streams = streamsOf(url)
    if (streams === undefined || performance.now() < this.#refuseUntil) {
      const status = streams === undefined ? '404 Not Found' : '503 Service Unavailable'
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    this.#server.handleUpgrade(request, socket, head, (ws) => this.#accept(ws, url.pathname === '/stream', streams))
  }

  #accept(socket: WebSocket, combined: boolean, streams: readonly string[]): void {
    this.opened++
    const control = new Control(combined, streams)
    let pongAt = performance.now()
    const ping = setInterval(() => {
      if (performance.now() < this.#silentUntil) return
      if (performance.now() - pongAt > this.#options.pongTimeoutMs) socket.terminate()
      else socket.ping(String(Math.floor(this.#options.now())))
    }, this.#options.pingMs)
    const age = setTimeout(() => socket.close(1000), this.#options.maxAgeMs)
    const peer: Peer = {
      socket,
      control,
      dispose: () => {
        clearInterval(ping)
        clearTimeout(age)
        this.#peers.delete(peer)
      },
    }
    this.#peers.add(peer)
    socket.on('pong', () => {
      pongAt = performance.now()
    })
    socket.on('message', (data) => {
      const answer = control.answer(String(data), performance.now())
      if (answer === undefined) socket.close(1008, 'Too many requests')
      else this.#send(peer, answer)
    })
    socket.on('close', peer.dispose)
    socket.on('error', () => socket.terminate())
  }

  #send(peer: Peer, text: string): void {
    if (performance.now() >= this.#silentUntil) peer.socket.send(text)
  }

  /** Market time of the first push after `time`. */
  nextPush(time: number): number {
    const nextQuote = time - (time % this.#options.quoteMs) + this.#options.quoteMs
    const hasQuotes = [...this.#peers].some((peer) => [...peer.control.streams].some(isQuoteStream))
    return hasQuotes ? Math.min(nextQuote, this.#nextKline(time)) : this.#nextKline(time)
  }

  #nextKline(time: number): number {
    const minute = time - (time % MINUTE)
    const offset = time - minute
    if (offset < this.#options.finalLagMs) return minute + this.#options.finalLagMs
    const next = (Math.floor(offset / PUSH_MS) + 1) * PUSH_MS
    return next < MINUTE ? minute + next : minute + MINUTE + this.#options.finalLagMs
  }

  /** Pushes the frames of `time`. */
  push(time: number): void {
    if (time % this.#options.quoteMs === 0) this.#pushQuotes(time)
    if (this.#nextKline(time - 1) === time) this.#pushKlines(time)
  }

  #pushQuotes(time: number): void {
    for (const peer of this.#peers) {
      for (const stream of peer.control.streams) {
        if (!isQuoteStream(stream) || this.#isMuted((stream.split('@')[0] ?? '').toUpperCase())) continue
        const event = quoteEvent(stream, time, this.#options)
        const before = quoteEvent(stream, time - this.#options.quoteMs, this.#options)
        if (event !== undefined && priceOf(event) !== priceOf(before))
          this.#send(peer, peer.control.wrap(stream, event))
      }
    }
  }

  /** The final frames of candles that have just ended, else those of the open candles. */
  #pushKlines(time: number): void {
    const final = time % MINUTE === this.#options.finalLagMs
    const streams = new Set([...this.#peers].flatMap((peer) => [...peer.control.streams]))
    const events = new Map([...streams].map((stream) => [stream, this.#event(stream, time, final)]))
    for (const peer of this.#peers) {
      for (const stream of peer.control.streams) {
        const event = events.get(stream)
        if (event !== undefined) this.#send(peer, peer.control.wrap(stream, event))
      }
    }
    if (final) for (const [symbol, count] of this.#withheld) this.#withheld.set(symbol, count - 1)
  }

  #event(stream: string, time: number, final: boolean): object | undefined {
    const match = /^([a-z0-9]+)@kline_(\w+)$/.exec(stream)
    const symbol = (match?.[1] ?? '').toUpperCase()
    const interval = match?.[2] ?? ''
    const length = INTERVALS[interval]
    if (length === undefined || this.#isMuted(symbol)) return undefined
    const boundary = time - (time % MINUTE)
    if (final && (boundary % length !== 0 || (this.#withheld.get(symbol) ?? 0) > 0)) return undefined
    const openTime = final ? boundary - length : time - (time % length)
    const row = candleAt(this.#options.market, symbol, openTime, length, time, this.#options.shocks)
    // Open candles are pushed only after a trade.
    if (row === undefined || (!final && row[5] === 0)) return undefined
    const event = klineEvent(symbol, interval, length, row, time + this.#options.offset(), final)
    return performance.now() < (this.#microsUntil.get(symbol) ?? 0) ? inMicros(event) : event
  }

  #isMuted(symbol: string): boolean {
    return this.#options.silent.has(symbol) || performance.now() < (this.#mutedUntil.get(symbol) ?? 0)
  }

  /** Cuts every connection without a close frame, and refuses new ones for `refuseMs`. */
  drop(refuseMs = 0): void {
    this.#refuseUntil = performance.now() + refuseMs
    for (const { socket } of this.#peers) socket.terminate()
  }

  /** Sends nothing for `ms`, not even pings, or nothing of one symbol; connections stay open. */
  silence(ms: number, symbol?: string): void {
    if (symbol === undefined) this.#silentUntil = performance.now() + ms
    else this.#mutedUntil.set(symbol, performance.now() + ms)
  }

  /** Stops pushes of a symbol on the open connections; later connections get them. */
  mute(symbol: string): void {
    for (const { control } of this.#peers) control.streams.delete(`${symbol.toLowerCase()}@kline_1m`)
  }

  /** Sends the times of a symbol in microseconds for `ms`, although not requested. */
  micros(ms: number, symbol: string): void {
    this.#microsUntil.set(symbol, performance.now() + ms)
  }

  /** Withholds the next `count` final frames of a symbol. */
  gap(symbol: string, count: number): void {
    this.#withheld.set(symbol, count)
  }

  /** Announces a shutdown on every connection and closes them after `closeAfterMs`. */
  shutdown(closeAfterMs: number): void {
    for (const peer of this.#peers) {
      const event = { e: 'serverShutdown', E: Math.floor(this.#options.now()) }
      this.#send(peer, peer.control.wrap('!serverShutdown', event))
      setTimeout(() => peer.socket.close(1001), closeAfterMs).unref()
    }
  }

  /** Sends a text unchanged, to test malformed frames. */
  sendRaw(text: string): void {
    for (const peer of this.#peers) this.#send(peer, text)
  }

  close(): void {
    for (const { socket, dispose } of this.#peers) {
      dispose()
      socket.terminate()
    }
  }
}

const priceOf = (event: object | undefined) =>
  event === undefined ? undefined : 'p' in event ? event.p : 'b' in event ? event.b : undefined

function inMicros(event: ReturnType<typeof klineEvent>) {
  const { k } = event
  return { ...event, E: event.E * 1000, k: { ...k, t: k.t * 1000, T: (k.T + 1) * 1000 - 1 } }
}

/** Streams in the URL of a connection; undefined for an unknown path. */
function streamsOf(url: URL): readonly string[] | undefined {
  if (url.pathname === '/ws') return []
  if (url.pathname.startsWith('/ws/')) return [url.pathname.slice('/ws/'.length)]
  if (url.pathname === '/stream')
    return (url.searchParams.get('streams') ?? '').split('/').filter((name) => name !== '')
  return undefined
}
