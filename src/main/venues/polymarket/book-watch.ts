import type { Clock } from '../../../shared/domain/feed.ts'
import { SECOND } from '../../../shared/domain/time.ts'
import type { HttpReader } from '../../net/http.ts'
import type { MarketChannel } from './market-channel.ts'
import { compareWithRest } from './rest-compare.ts'
import type { WindowState } from './slot-windows.ts'

export interface BookWatchOptions {
  readonly clob: HttpReader
  readonly channel: MarketChannel
  readonly clock: Clock
  /** Whether a window's book may be used has changed. */
  readonly onChange: (state: WindowState) => void
}

/** A token without a frame for this long is compared with REST: until then its book may be old without anybody knowing. */
const QUIET_MS = 3 * SECOND
/** Interval of comparisons while it stays without one. */
const QUIET_COMPARE_MS = 2 * SECOND
/** Interval of comparisons while the checksums of changed levels are not known to agree. */
const COMPARE_MS = 5 * SECOND
/** A comparison without an answer for this long leaves a quiet book unconfirmed. */
const HANGING_MS = 2 * SECOND
/** Why a book is withheld whose token is silent. */
const FROZEN = 'no frame for some time, and REST does not confirm the book'

/**
 * Finds books that are wrong although their connection lives: a token that has fallen silent, and changes that were lost where
 * no checksum of a change shows it. Both are compared with REST, which is never used as a book itself.
 */
export class BookWatch {
  readonly #options: BookWatchOptions

  constructor(options: BookWatchOptions) {
    this.#options = options
  }

  /** To be called every second for each window that runs. */
  check(state: WindowState): void {
    const { channel, clock, onChange } = this.#options
    const now = clock.now()
    const { market } = state
    if (market === null || !channel.isUp) return
    const token = market.tokens.up
    const book = channel.book(token)
    if (book === undefined) return
    const isQuiet = channel.ageMs(token) > QUIET_MS
    if (state.isComparing) {
      // A request that hangs confirms nothing meanwhile.
      if (isQuiet && book.isVerified && now >= state.comparedAt + HANGING_MS) this.#freeze(state, token)
      return
    }
    const isDue = now >= state.comparedAt + (isQuiet ? QUIET_COMPARE_MS : COMPARE_MS)
    // A replacement has come since, verified by its checksum: REST need not answer as well.
    if (state.distrust === FROZEN && book.isVerified && !isQuiet) {
      state.distrust = null
      onChange(state)
    }
    const needsNone = !isQuiet && book.deltaHashes === 'agree' && state.distrust === null
    if (!isDue || needsNone) return
    if (isQuiet && !book.isVerified) {
      state.comparedAt = now
      return channel.resync(token, 'it does not arrive')
    }
    if (!book.isVerified) return
    void this.#compare(state, token)
  }

  async #compare(state: WindowState, token: string): Promise<void> {
    const { channel, clob, clock, onChange } = this.#options
    const book = channel.book(token)
    if (book === undefined) return
    state.isComparing = true
    state.comparedAt = clock.now()
    const found = await compareWithRest(clob, token, book)
    state.isComparing = false
    state.comparedAt = clock.now()
    if (found === 'same' || !book.isVerified) {
      state.differences = 0
      state.distrust = null
      return onChange(state)
    }
    const isQuiet = channel.ageMs(token) > QUIET_MS
    // Ghost books and missing answers prove nothing against a book that is being updated.
    if (!isQuiet && found !== 'differs') return
    state.differences++
    // Prices move while a request is under way: only a second difference in a row counts.
    if (!isQuiet && state.differences < 2) return
    if (isQuiet) return this.#freeze(state, token)
    state.distrust = 'REST shows another book'
    channel.resync(token, state.distrust)
  }

  #freeze(state: WindowState, token: string): void {
    state.distrust = FROZEN
    this.#options.channel.resync(token, FROZEN)
  }
}
