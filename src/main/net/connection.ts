import WebSocket from 'ws'
import type { Clock } from '../../shared/domain/feed.ts'
import { retryAfterMs } from './http.ts'
import { Timers } from './timers.ts'

/** Limit for a frame; frames of the streams used here are about 500 bytes. */
const MAX_FRAME_BYTES = 1 << 20

export interface ConnectionHandlers {
  open(): void
  text(text: string): void
  /** Called once, for any reason; `waitMs` is the pause requested by the venue, or 0. */
  end(reason: string, waitMs: number): void
}

export interface ConnectionOptions {
  readonly url: string
  readonly clock: Clock
  readonly connectMs: number
  readonly silenceMs: number
  readonly ping?: Ping
}

/** A text that keeps a connection alive, and the interval at which it is sent, ms. */
export interface Ping {
  readonly text: string
  readonly everyMs: number
}

/** One WebSocket connection with timeouts for its handshake and for silence. The library answers pings. */
export class Connection {
  readonly #socket: WebSocket
  readonly #options: ConnectionOptions
  readonly #handlers: ConnectionHandlers
  readonly #timers: Timers
  readonly openedAt: number
  #lastTextAt: number
  #ended = false
  #isOpen = false

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    const { url, clock, connectMs } = options
    this.#options = options
    this.#handlers = handlers
    this.#timers = new Timers(clock)
    this.openedAt = clock.monotonic()
    this.#lastTextAt = this.openedAt
    this.#socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES, followRedirects: false })
    const cancelTimeout = this.#timers.after(connectMs, () => this.#end(`no connection within ${connectMs} ms`))
    this.#socket.on('open', () => {
      cancelTimeout()
      this.#opened()
    })
    this.#socket.on('message', (data, isBinary) => {
      this.#lastTextAt = clock.monotonic()
      if (!this.#ended) handlers.text(isBinary ? '' : String(data))
    })
    this.#socket.on('unexpected-response', (_request, response) => {
      this.#end(`refused with ${response.statusCode}`, retryAfterMs(response.headers['retry-after']))
    })
    this.#socket.on('error', (error) => this.#end(error.message || error.name))
    this.#socket.on('close', (code) => this.#end(`closed with ${code}`))
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#ended
  }

  /** Sends a text; does nothing unless the connection is open. */
  send(text: string): void {
    if (this.isOpen) this.#socket.send(text)
  }

  /** Ends the connection as if it had broken. */
  fail(reason: string): void {
    this.#end(reason)
  }

  /** Closes the connection; `end` is not called. */
  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#timers.stop()
    this.#socket.close()
    // A peer that does not answer the close would keep the socket open for 30 s.
    const cancel = this.#options.clock.after(1_000, () => this.#socket.terminate())
    this.#socket.on('close', cancel)
  }

  #opened(): void {
    if (this.#ended) return
    this.#isOpen = true
    this.#lastTextAt = this.#options.clock.monotonic()
    this.#checkSilence()
    const { ping } = this.#options
    if (ping !== undefined) this.#timers.every(ping.everyMs, () => this.send(ping.text))
    this.#handlers.open()
  }

  #checkSilence(): void {
    const { clock, silenceMs } = this.#options
    const leftMs = this.#lastTextAt + silenceMs - clock.monotonic()
    if (leftMs <= 0) this.#end(`silent for ${silenceMs} ms`)
    else this.#timers.after(leftMs, () => this.#checkSilence())
  }

  #end(reason: string, waitMs = 0): void {
    if (this.#ended) return
    this.#ended = true
    this.#timers.stop()
    this.#socket.terminate()
    this.#handlers.end(reason, waitMs)
  }
}
