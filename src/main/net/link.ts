import type { Disposer } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { AttemptBudget, backoffMs } from './backoff.ts'
import { Connection, type Ping } from './connection.ts'
import { Timers } from './timers.ts'

/** Delays and limits of a link, ms unless stated otherwise. */
export interface LinkTimings {
  /** Time limit of a WebSocket handshake. */
  readonly connectMs: number
  /** A connection that delivers nothing for this long is considered dead. */
  readonly silenceMs: number
  /** First delay before a new connection. */
  readonly backoffFloorMs: number
  /** Longest such delay. */
  readonly backoffMaxMs: number
  /** Lifetime of a connection after which the delay starts from the floor again. */
  readonly stableMs: number
  /** Age at which a connection is replaced. */
  readonly maxAgeMs: number
  /** Time for which an old connection keeps delivering beside its replacement. */
  readonly overlapMs: number
  /** Maximum number of connections in five minutes. */
  readonly maxAttempts: number
}

export interface LinkHandlers {
  /** @param connection number of the connection that delivered it; a replacement has a higher one */
  text(text: string, connection: number): void
  /** A connection is open and can be written to, before it delivers anything. */
  opened?(connection: number): void
  /** A connection was established after there was none; frames may have been missed. */
  up(): void
  down(reason: string): void
}

export interface LinkOptions {
  readonly url: string
  readonly clock: Clock
  readonly random: () => number
  readonly timings: LinkTimings
  /** Text sent at an interval to keep a connection alive; null where the venue sends pings itself. */
  readonly ping?: Ping
}

/**
 * Keeps one connection open: reconnects with growing delays and within the venue's limit of attempts, and replaces the
 * connection before it gets too old. The new one delivers before the old one is closed.
 */
export class StreamLink {
  readonly #options: LinkOptions
  readonly #handlers: LinkHandlers
  readonly #timers: Timers
  readonly #budget: AttemptBudget
  /** The delivering connection; during a replacement the old one briefly delivers, too. */
  #active: Connection | undefined
  /** A connection being opened, or open beside an active one and not delivering yet. */
  #next: Connection | undefined
  readonly #retiring = new Set<Connection>()
  #retry: Disposer | undefined
  #aging: Disposer = () => {}
  #failures = 0
  #connected = 0
  #opened = 0
  readonly #byNumber = new Map<number, Connection>()

  constructor(options: LinkOptions, handlers: LinkHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.#timers = new Timers(options.clock)
    this.#budget = new AttemptBudget(options.timings.maxAttempts)
  }

  /** Number of connections that have delivered. */
  get connected(): number {
    return this.#connected
  }

  get isUp(): boolean {
    return this.#active !== undefined
  }

  /** Opens a connection at once; it replaces an existing one without a gap. */
  open(): void {
    if (this.#next !== undefined || this.#timers.stopped) return
    this.#retry?.()
    const waitMs = this.#budget.waitMs(this.#options.clock.monotonic())
    if (waitMs > 0) return this.#openAfter(waitMs)
    this.#budget.spend(this.#options.clock.monotonic())
    const { url, clock, timings, ping } = this.#options
    const number = ++this.#opened
    const connection: Connection = new Connection(
      { url, clock, connectMs: timings.connectMs, silenceMs: timings.silenceMs, ...(ping && { ping }) },
      {
        open: () => {
          this.#handlers.opened?.(number)
          if (this.#active === undefined) this.#promote(connection)
        },
        text: (text) => {
          if (connection === this.#next) this.#promote(connection)
          this.#handlers.text(text, number)
        },
        end: (reason, waitMs) => {
          this.#byNumber.delete(number)
          this.#ended(connection, reason, waitMs)
        },
      },
    )
    this.#next = connection
    this.#byNumber.set(number, connection)
  }

  /** Sends a text on one connection, or on every open one. */
  send(text: string, connection?: number): void {
    for (const [number, each] of this.#byNumber) if (connection === undefined || connection === number) each.send(text)
  }

  /** Ends every connection at once; another is opened after a delay. */
  reset(reason: string): void {
    for (const connection of [this.#active, this.#next]) connection?.fail(reason)
  }

  stop(): void {
    this.#timers.stop()
    for (const connection of [this.#active, this.#next, ...this.#retiring]) connection?.close()
    this.#active = undefined
    this.#next = undefined
  }

  #promote(connection: Connection): void {
    const old = this.#active
    this.#active = connection
    this.#next = undefined
    this.#connected++
    this.#aging()
    this.#aging = this.#timers.after(this.#options.timings.maxAgeMs, () => this.open())
    if (old === undefined) return this.#handlers.up()
    this.#retiring.add(old)
    this.#timers.after(this.#options.timings.overlapMs, () => {
      this.#retiring.delete(old)
      for (const [number, each] of this.#byNumber) if (each === old) this.#byNumber.delete(number)
      old.close()
    })
  }

  #ended(connection: Connection, reason: string, waitMs: number): void {
    if (this.#timers.stopped || this.#retiring.delete(connection)) return
    const { clock, random, timings } = this.#options
    if (clock.monotonic() - connection.openedAt >= timings.stableMs) this.#failures = 0
    const delayMs = Math.max(waitMs, backoffMs(this.#failures, timings.backoffFloorMs, timings.backoffMaxMs, random))
    this.#failures++
    if (connection === this.#next) {
      this.#next = undefined
      this.#openAfter(delayMs)
      if (this.#active === undefined) this.#handlers.down(reason)
      return
    }
    this.#active = undefined
    this.#handlers.down(reason)
    if (this.#next === undefined) this.#openAfter(delayMs)
    else if (this.#next.isOpen) this.#promote(this.#next)
  }

  #openAfter(delayMs: number): void {
    this.#retry?.()
    this.#retry = this.#timers.after(delayMs, () => {
      this.#retry = undefined
      this.open()
    })
  }
}
