import type { BookUpdate } from '../../../engine/events.ts'
import type { SlotListing } from '../../../engine/venue/listing.ts'
import type { MarketData, MarketDataEvent, MarketDataStatus } from '../../../engine/venue/market-data.ts'
import { type Disposer, err, ok, type Result } from '../../../shared/domain/base.ts'
import type { Clock } from '../../../shared/domain/feed.ts'
import { type Price, price } from '../../../shared/domain/money.ts'
import { type Slot, type SlotId, type Window, type WindowId, windowAt } from '../../../shared/domain/slots.ts'
import { SECOND, unixMs } from '../../../shared/domain/time.ts'
import { HttpReader } from '../../net/http.ts'
import type { LinkTimings } from '../../net/link.ts'
import { Timers } from '../../net/timers.ts'
import { BookWatch } from './book-watch.ts'
import { microOf } from './decimals.ts'
import { MarketChannel } from './market-channel.ts'
import { parseMarkets, untradable, verifyMarket } from './market-row.ts'
import type { ApiCredentials } from './polybolt.ts'
import { Resolver } from './resolution.ts'
import { Settlement } from './settlement.ts'
import { newWindowState, type WindowState } from './slot-windows.ts'
import { Strikes } from './strikes.ts'

export interface PolymarketHosts {
  /** Without trailing slashes. */
  readonly gammaUrl: string
  readonly clobUrl: string
  /** Full addresses. */
  readonly marketWsUrl: string
  readonly rtdsUrl: string
  readonly polyboltUrl: string
  /** Web site of the venue, asked for a strike that no feed has. */
  readonly siteUrl: string
}

export interface PolymarketDataOptions {
  readonly hosts: PolymarketHosts
  readonly slots: readonly Slot[]
  readonly clock: Clock
  readonly random: () => number
  readonly timings: LinkTimings
  readonly requestMs: number
  /** Used where a market states no delay of its own. */
  readonly takerDelayMs: number
  /** For PolyBolt; null: only RTDS gives strikes. */
  readonly credentials: ApiCredentials | null
  readonly onFrame: (text: string) => void
  readonly report: (level: 'info' | 'warn', detail: string) => void
}

/** Queries for the markets at a start, before a slot counts as unlisted. */
const START_TRIES = 3
/** The next window's market is found, and its book subscribed, this long before it starts. */
const LEAD_MS = 45 * SECOND
/** Interval between queries for a market that is not there yet, or not tradable yet, and of one that is. */
const RETRY_MS = 10 * SECOND
const RECHECK_MS = 60 * SECOND
/** Minimum interval between two book events of a window: the busiest market sends over 100 changes a second. */
const BOOK_MS = 50
/** Time after its end for which the book of a window stays subscribed, if its outcome is awaited. */
const SUBSCRIBED_MS = 10 * 60 * SECOND
/** Time after its end for which a window is kept: the stamp at its end may be later than the end. */
const KEPT_MS = 30 * SECOND

/**
 * Polymarket's read side without a key: markets found by their names, books with verified checksums, strikes of the settlement
 * source and outcomes of the venue's resolution. A window without a verified market, a strike or a sound book has no book here.
 */
export class PolymarketData implements MarketData {
  readonly name = 'polymarket'
  readonly #options: PolymarketDataOptions
  readonly #timers: Timers
  readonly #gamma: HttpReader
  readonly #clob: HttpReader
  readonly #site: HttpReader
  readonly #channel: MarketChannel
  readonly #watch: BookWatch
  readonly #resolver: Resolver
  readonly #settlement: Settlement
  readonly #strikes: Strikes
  readonly #windows = new Map<WindowId, WindowState>()
  readonly #byToken = new Map<string, WindowState>()
  readonly #listings = new Map<SlotId, SlotListing>()
  readonly #listeners = new Set<(event: MarketDataEvent) => void>()

  constructor(options: PolymarketDataOptions) {
    const { hosts, slots, clock, random, timings, requestMs, credentials, onFrame, report } = options
    this.#options = options
    this.#timers = new Timers(clock)
    this.#gamma = new HttpReader({ baseUrl: hosts.gammaUrl, clock, requestMs })
    this.#clob = new HttpReader({ baseUrl: hosts.clobUrl, clock, requestMs })
    this.#site = new HttpReader({ baseUrl: hosts.siteUrl, clock, requestMs })
    const common = { clock, random, timings, onFrame, report }
    this.#channel = new MarketChannel({
      ...common,
      url: hosts.marketWsUrl,
      onBook: (assetId) => this.#onBook(assetId),
      onTick: (assetId, tick) => this.#onTick(assetId, tick),
      onResolved: (conditionId, winner) => this.#resolver.told(conditionId, winner),
    })
    this.#watch = new BookWatch({
      clob: this.#clob,
      channel: this.#channel,
      clock,
      onChange: (state) => this.#emitBook(state),
    })
    this.#resolver = new Resolver({
      gamma: this.#gamma,
      clob: this.#clob,
      clock,
      report,
      onOutcome: (slug, payoutUp, source) => this.#onOutcome(slug, payoutUp, source),
    })
    const assets = [...new Set(slots.map(({ asset }) => asset))]
    this.#settlement = new Settlement({
      ...common,
      assets,
      credentials,
      rtdsUrl: hosts.rtdsUrl,
      polyboltUrl: hosts.polyboltUrl,
      onStamp: () => this.#strikes.find(this.#windows.values()),
    })
    this.#strikes = new Strikes({
      settlement: this.#settlement,
      site: this.#site,
      clock,
      report,
      onStrike: (state, value) => this.#onStrike(state, value),
    })
  }

  /** Finds the markets of all slots and connects. @returns an error if Gamma cannot be reached at all */
  async start(): Promise<Result<void>> {
    const { clock, slots } = this.#options
    const now = clock.now()
    const states = slots.map((slot) => this.#state(slot, windowAt(slot, now)))
    let unanswered = states
    let problem = ''
    // A slot without an answer would count as unlisted until the next start.
    for (let tries = 0; tries < START_TRIES && unanswered.length > 0; tries++) {
      if (tries > 0) await this.#timers.sleep(SECOND)
      const answers = await Promise.all(unanswered.map(async (state) => ({ state, answer: await this.#query(state) })))
      const failed = answers.flatMap(({ state, answer }) => (answer.ok ? [] : [{ state, error: answer.error }]))
      unanswered = failed.map(({ state }) => state)
      problem = failed[0]?.error ?? ''
    }
    if (unanswered.length === states.length)
      return err(`Polymarket's Gamma at ${this.#options.hosts.gammaUrl} did not answer: ${problem}`)
    this.#channel.start()
    this.#settlement.start()
    this.#onSecond()
    this.#timers.every(SECOND, () => this.#onSecond())
    return ok(undefined)
  }

  stop(): void {
    this.#timers.stop()
    this.#channel.stop()
    this.#resolver.stop()
    this.#gamma.stop()
    this.#clob.stop()
    this.#site.stop()
    this.#settlement.stop()
  }

  listing(slot: SlotId): SlotListing | null {
    return this.#listings.get(slot) ?? null
  }

  terms(windowId: WindowId): SlotListing | null {
    const state = this.#windows.get(windowId)
    return state?.reason === null ? (state.market?.terms ?? null) : null
  }

  /** What is known of a slot's current window. */
  status(slot: Slot): MarketDataStatus {
    const state = this.#state(slot, windowAt(slot, this.#options.clock.now()))
    const token = state.market?.tokens.up ?? ''
    const book = this.#channel.book(token)
    const ageMs = this.#channel.ageMs(token)
    const isVerified = book?.isVerified === true
    return {
      reason: withheld(state) ?? (isVerified ? null : 'its order book has not arrived, or is not verified'),
      strikeSource: state.strike?.source ?? null,
      bookAgeMs: Number.isFinite(ageMs) ? ageMs : null,
      isVerified,
      deltaHashes: book?.deltaHashes ?? 'unverified',
    }
  }

  askOutcome(slot: Slot, window: Window): void {
    this.#resolver.await({ slug: window.id, end: window.end, market: this.#windows.get(window.id)?.market ?? null })
    // Keeps its asset and strike for the event.
    this.#state(slot, window)
  }

  refresh(windowId: WindowId): boolean {
    const state = this.#windows.get(windowId)
    if (state?.isScheduled === true) this.#emitBook(state)
    return true
  }

  listen(listener: (event: MarketDataEvent) => void): Disposer {
    this.#listeners.add(listener)
    const now = this.#options.clock.now()
    // What was known before comes first: a strike is reported only once.
    for (const state of this.#windows.values()) {
      const { slot, window, strike } = state
      if (strike === null || now < window.start || now >= window.end) continue
      listener({ kind: 'strike', ts: now, slot: slot.id, windowId: window.id, strike: strike.value })
      state.isEmpty = true
      this.#emitBook(state)
    }
    return () => this.#listeners.delete(listener)
  }

  #state(slot: Slot, window: Window): WindowState {
    const known = this.#windows.get(window.id)
    if (known !== undefined) return known
    const state = newWindowState(slot, window)
    this.#windows.set(window.id, state)
    return state
  }

  #onSecond(): void {
    const { clock, slots } = this.#options
    const now = clock.now()
    for (const slot of slots) {
      const current = this.#state(slot, windowAt(slot, now))
      const next = this.#state(slot, windowAt(slot, unixMs(now + LEAD_MS)))
      for (const state of new Set([current, next])) {
        if (now >= state.queryAt && !state.isQueried) void this.#query(state)
      }
      this.#watch.check(current)
    }
    this.#strikes.find(this.#windows.values())
    this.#settlement.check()
    for (const state of this.#windows.values()) if (now >= state.window.end) this.#end(state, now)
  }

  /** Asks for a window's market. @returns an error only if the venue did not answer */
  async #query(state: WindowState): Promise<Result<void>> {
    const { clock, takerDelayMs, report } = this.#options
    state.isQueried = true
    const row = await this.#gamma.get('/markets', { slug: state.window.id }, parseMarkets)
    state.isQueried = false
    const before = state.reason
    // A market that was fine stays so while the venue does not answer.
    if (!row.ok) state.reason = state.market !== null && before === null ? null : row.error.message
    else if (row.value === undefined) state.reason = 'unlisted: the venue has no such market'
    else {
      const verified = verifyMarket(row.value, state.slot, state.window, takerDelayMs)
      if (verified.ok) {
        state.market = verified.value
        state.reason = untradable(row.value) ?? null
        this.#listings.set(state.slot.id, verified.value.terms)
        this.#byToken.set(verified.value.tokens.up, state)
        this.#channel.subscribe(verified.value.tokens.up, verified.value.minOrderSize)
      } else state.reason = verified.error
    }
    state.queryAt = clock.now() + (state.reason === null ? RECHECK_MS : RETRY_MS)
    if (state.reason !== null && state.reason !== before) report('warn', `${state.slot.id}: ${state.reason}`)
    this.#emitBook(state)
    return row.ok || row.error.kind === 'refused' ? ok(undefined) : err(row.error.message)
  }

  #end(state: WindowState, now: number): void {
    const { market, window } = state
    if (!state.isEnded && market !== null) this.#resolver.await({ slug: window.id, end: window.end, market })
    state.isEnded = true
    const isKept = now < window.end + KEPT_MS || this.#resolver.isAwaited(window.id)
    // The resolution may be told to subscribers only.
    if (market !== null && (!isKept || now >= window.end + SUBSCRIBED_MS)) {
      if (this.#byToken.get(market.tokens.up) === state) this.#byToken.delete(market.tokens.up)
      this.#channel.unsubscribe(market.tokens.up)
    }
    if (!isKept) this.#windows.delete(window.id)
  }

  /** Emits the strike of a window. */
  #onStrike(state: WindowState, value: number): void {
    const { slot, window } = state
    const now = this.#options.clock.now()
    if (now >= window.end) return
    this.#emit({ kind: 'strike', ts: now, slot: slot.id, windowId: window.id, strike: value })
    this.#emitBook(state)
  }

  #onOutcome(slug: string, payoutUp: Price, source: string): void {
    const state = [...this.#windows.values()].find(({ window }) => window.id === slug)
    if (state === undefined) return
    const { slot, window, market, strike } = state
    // 0 where the settlement source's value is not known: the outcome is the venue's own in any case.
    const close = market === null ? undefined : this.#settlement.at(slot.asset, market.meanSeconds, window.end)
    this.#emit({
      kind: 'settled',
      ts: this.#options.clock.now(),
      slot: slot.id,
      windowId: window.id,
      strike: strike?.value ?? 0,
      close: close?.value ?? 0,
      payoutUp,
      source: `polymarket: ${source}`,
    })
  }

  #onTick(assetId: string, tick: string): void {
    const state = this.#byToken.get(assetId)
    const micro = microOf(tick)
    if (state === undefined || micro === undefined) return
    state.tick = price(micro)
    this.#emitBook(state)
  }

  #onBook(assetId: string): void {
    const state = this.#byToken.get(assetId)
    if (state === undefined) return
    const { clock } = this.#options
    const waitMs = state.emittedAt + BOOK_MS - clock.now()
    // A book that became unusable is reported at once.
    if (waitMs <= 0 || this.#channel.book(assetId)?.isVerified !== true) return this.#emitBook(state)
    if (state.isScheduled) return
    state.isScheduled = true
    this.#timers.after(waitMs, () => {
      state.isScheduled = false
      this.#emitBook(state)
    })
  }

  #emitBook(state: WindowState): void {
    const { slot, window, market } = state
    const now = this.#options.clock.now()
    if (market === null || now < window.start || now >= window.end) return
    const book = this.#channel.book(market.tokens.up)
    const usable = withheld(state) === null && book?.isVerified === true && !book.isCrossed
    if (!usable && state.isEmpty) return
    state.emittedAt = now
    state.isEmpty = !usable
    const best = (levels: readonly { at: Price; shares: BookUpdate['bids'][number]['shares'] }[]) =>
      usable ? levels.map(({ at, shares }) => ({ price: at, shares })).reverse() : []
    const [bids, asks] = [best(book?.bids ?? []), best(book?.asks ?? [])]
    // The tick that the newest checksum was made with is never older than an event about it.
    const tick = tickOf(book?.tick) ?? state.tick ?? market.terms.tick
    this.#emit({ kind: 'book', ts: now, slot: slot.id, windowId: window.id, bids, asks, tick })
  }

  #emit(event: MarketDataEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

/** Why a window's book is withheld; null if nothing stands against it. */
function withheld({ reason, strike, distrust }: WindowState): string | null {
  if (reason !== null) return reason
  return strike === null ? 'strike unknown: the settlement source has no value for the start of the window' : distrust
}

function tickOf(text: string | undefined): Price | undefined {
  const micro = text === undefined ? undefined : microOf(text)
  return micro === undefined || micro === 0 ? undefined : price(micro)
}
