import type { Clock } from '../../../shared/domain/feed.ts'
import { SECOND } from '../../../shared/domain/time.ts'
import type { HttpReader } from '../../net/http.ts'
import type { Settlement } from './settlement.ts'
import { priceToBeat } from './site.ts'
import type { WindowState } from './slot-windows.ts'

export interface StrikesOptions {
  readonly settlement: Settlement
  readonly site: HttpReader
  readonly clock: Clock
  readonly report: (level: 'info' | 'warn', detail: string) => void
  /** The strike of a window has become known. */
  readonly onStrike: (state: WindowState, value: number) => void
}

/** The web site is asked for a strike this long after the start: what it shows at first can be corrected 30 s later. */
const SITE_AFTER_MS = 40 * SECOND
/** Interval of queries of the web site for one window. */
const RETRY_MS = 10 * SECOND

/** Finds the strikes of running windows: the settlement source's value stamped exactly at the start, last the web site's. */
export class Strikes {
  readonly #options: StrikesOptions

  constructor(options: StrikesOptions) {
    this.#options = options
  }

  /** To be called every second, and whenever a new stamp has come. */
  find(states: Iterable<WindowState>): void {
    const { settlement, clock } = this.#options
    const now = clock.now()
    for (const state of states) {
      const { slot, window, market } = state
      if (state.strike !== null || market === null || now < window.start) continue
      const stamp = settlement.at(slot.asset, market.meanSeconds, window.start)
      if (stamp !== undefined) this.#set(state, stamp)
      else if (now < window.end && now >= Math.max(window.start + SITE_AFTER_MS, state.siteAt))
        void this.#askSite(state, market.meanSeconds)
    }
  }

  async #askSite(state: WindowState, meanSeconds: number): Promise<void> {
    const { site, clock, report } = this.#options
    state.siteAt = clock.now() + RETRY_MS
    const answer = await priceToBeat(site, state.slot, state.window, meanSeconds)
    if (!answer.ok || answer.value === null || state.strike !== null) return
    report('info', `${state.slot.id}: strike from the web site, since no settlement feed has it`)
    this.#set(state, { value: answer.value, source: 'site' })
  }

  #set(state: WindowState, strike: NonNullable<WindowState['strike']>): void {
    state.strike = strike
    this.#options.onStrike(state, strike.value)
  }
}
