import { z } from 'zod'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import type { Clock } from '../../../shared/domain/feed.ts'
import { MICRO, type Price, price } from '../../../shared/domain/money.ts'
import { MINUTE, SECOND } from '../../../shared/domain/time.ts'
import type { HttpReader } from '../../net/http.ts'
import { Timers } from '../../net/timers.ts'
import { type MarketRow, parseMarkets, payoutOf } from './market-row.ts'

/** A window whose outcome is awaited. */
export interface AwaitedWindow {
  readonly slug: string
  /** End of the window, ms UTC. */
  readonly end: number
  /** Null until its market is known. */
  readonly market: {
    readonly conditionId: string
    readonly tokens: { readonly up: string; readonly down: string }
  } | null
}

export interface ResolverOptions {
  readonly gamma: HttpReader
  readonly clob: HttpReader
  readonly clock: Clock
  readonly onOutcome: (slug: string, payoutUp: Price, source: string) => void
  readonly report: (level: 'info' | 'warn', detail: string) => void
}

/** First query after the end of a window, and the interval of later ones (venue facts B5: median 21 s, rarely minutes). */
const FIRST_MS = 10 * SECOND
const EVERY_MS = 15 * SECOND
/** After this long it is asked about ever less often, up to an interval of minutes. */
const PATIENT_MS = 15 * MINUTE
const LONGEST_MS = 5 * MINUTE
/** An event of the market channel is told once and never corrected: it is outvoted by Gamma and the CLOB after this long. */
const OUTVOTED_MS = 60 * SECOND

const clobMarket = z.object({
  closed: z.boolean().optional(),
  tokens: z.array(z.object({ token_id: z.string(), winner: z.boolean().optional() })),
})

interface Pending extends AwaitedWindow {
  /** Winner by the market channel; undefined if it has said nothing. */
  told: Price | undefined
  /** Interval of its queries, ms. */
  everyMs: number
  /** Contradiction reported last, so that it is reported once. */
  contradiction: string
  /** Monotonic time since which Gamma and the CLOB have agreed against the market channel; null if they do not. */
  outvotedSince: number | null
}

/**
 * Learns the outcomes of windows from the venue's resolution alone. Gamma decides; the market channel and the CLOB's winner
 * together decide where Gamma is late. While two sources contradict each other, nothing is decided, unless it is only the market
 * channel that contradicts the others, and they stay with it.
 */
export class Resolver {
  readonly #options: ResolverOptions
  readonly #timers: Timers
  readonly #pending = new Map<string, Pending>()

  constructor(options: ResolverOptions) {
    this.#options = options
    this.#timers = new Timers(options.clock)
  }

  stop(): void {
    this.#timers.stop()
  }

  isAwaited(slug: string): boolean {
    return this.#pending.has(slug)
  }

  await(window: AwaitedWindow): void {
    if (this.#pending.has(window.slug)) return
    this.#pending.set(window.slug, {
      ...window,
      told: undefined,
      everyMs: EVERY_MS,
      contradiction: '',
      outvotedSince: null,
    })
    const waitMs = Math.max(0, window.end + FIRST_MS - this.#options.clock.now())
    this.#timers.after(waitMs, () => void this.#poll(window.slug))
  }

  /** The market channel has named a winner: asked about at once. */
  told(conditionId: string, winner: string): void {
    for (const pending of this.#pending.values()) {
      if (pending.market?.conditionId !== conditionId) continue
      const { up, down } = pending.market.tokens
      // A split names no winner.
      if (winner !== up && winner !== down) continue
      pending.told = price(winner === up ? MICRO : 0)
      void this.#query(pending)
    }
  }

  async #poll(slug: string): Promise<void> {
    const pending = this.#pending.get(slug)
    if (pending === undefined) return
    await this.#query(pending)
    if (!this.#pending.has(slug)) return
    pending.everyMs =
      this.#options.clock.now() < pending.end + PATIENT_MS ? EVERY_MS : Math.min(LONGEST_MS, 2 * pending.everyMs)
    this.#timers.after(pending.everyMs, () => void this.#poll(slug))
  }

  async #query(pending: Pending): Promise<void> {
    const { gamma, clob } = this.#options
    const row = await gamma.get('/markets', { slug: pending.slug, closed: 'true' }, parseMarkets)
    const { market } = pending
    const own = row.ok && row.value !== undefined && isRowOf(row.value, pending) ? row.value : undefined
    const byGamma = own === undefined ? undefined : payoutOf(own)
    const reply =
      market === null ? undefined : await clob.get(`/markets/${market.conditionId}`, {}, winnerOf(market.tokens.up))
    const byClob = reply?.ok === true ? reply.value : undefined
    if (!this.#pending.has(pending.slug)) return
    const found = [
      { source: 'gamma', payout: byGamma },
      { source: 'clob', payout: byClob },
      { source: 'market channel', payout: pending.told },
    ].filter((each): each is { source: string; payout: Price } => each.payout !== undefined)
    const [first] = found
    if (first === undefined) return
    if (found.some(({ payout }) => payout !== first.payout)) {
      const text = found.map(({ source, payout }) => `${source}: Up pays ${payout / MICRO}`).join(', ')
      if (text !== pending.contradiction)
        this.#options.report('warn', `${pending.slug}: sources of its outcome contradict each other (${text})`)
      pending.contradiction = text
      if (!this.#isOutvoted(pending, byGamma, byClob)) return
    }
    if (byGamma === undefined && found.length < 2) return
    this.#pending.delete(pending.slug)
    const agreeing = found.filter(({ payout }) => payout === first.payout)
    this.#options.onOutcome(pending.slug, first.payout, agreeing.map(({ source }) => source).join('+'))
  }

  #isOutvoted(pending: Pending, byGamma: Price | undefined, byClob: Price | undefined): boolean {
    const now = this.#options.clock.monotonic()
    // Of a split the CLOB names no winner either.
    const isGammaAlone = byGamma !== undefined && (byClob === undefined || byClob === byGamma)
    pending.outvotedSince = isGammaAlone ? (pending.outvotedSince ?? now) : null
    return pending.outvotedSince !== null && now >= pending.outvotedSince + OUTVOTED_MS
  }
}

/** True unless Gamma has answered with the row of another market. */
function isRowOf(row: MarketRow, { slug, market }: AwaitedWindow): boolean {
  return row.slug === slug && (market === null || row.conditionId === market.conditionId)
}

/** What a Up share pays by the CLOB's own market; undefined while it names no winner. */
function winnerOf(up: string): (value: unknown) => Result<Price | undefined> {
  return (value) => {
    const read = clobMarket.safeParse(value)
    if (!read.success) return err('not a market of the CLOB')
    const winner = read.data.tokens.find((token) => token.winner === true)
    return ok(winner === undefined ? undefined : price(winner.token_id === up ? MICRO : 0))
  }
}
