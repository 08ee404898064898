import type { Disposer } from '../../../shared/domain/base.ts'
import type { Clock } from '../../../shared/domain/feed.ts'
import { AttemptBudget, backoffMs } from './backoff.ts'
import { Connection } from './connection.ts'
import type { FeedTimings } from './options.ts'
import { Timers } from './timers.ts'

export interface LinkHandlers {
  text(text: string): void
  /** A connection was established after there was none; frames may have been missed. */
  up(): void
  down(reason: string): void
}

export interface LinkOptions {
  readonly url: string
  readonly clock: Clock
  readonly random: () => number
  readonly timings: FeedTimings
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
    const { url, clock, timings } = this.#options
    const connection: Connection = new Connection(
      { url, clock, connectMs: timings.connectMs, silenceMs: timings.silenceMs },
      {
        open: () => {
          if (this.#active === undefined) this.#promote(connection)
        },
        text: (text) => {
          if (connection === this.#next) this.#promote(connection)
          this.#handlers.text(text)
        },
        end: (reason, waitMs) => this.#ended(connection, reason, waitMs),
      },
    )
    this.#next = connection
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
