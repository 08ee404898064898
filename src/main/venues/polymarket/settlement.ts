import type { Asset } from '../../../shared/domain/slots.ts'
import { MINUTE, SECOND } from '../../../shared/domain/time.ts'
import { type ApiCredentials, PolyboltFeed } from './polybolt.ts'
import { RtdsFeed } from './rtds.ts'
import type { StampFeed, StampFeedOptions } from './stamp-feed.ts'
import { type StampSource, Stamps } from './stamps.ts'

export interface SettlementOptions extends Omit<StampFeedOptions, 'url' | 'onStamp'> {
  readonly rtdsUrl: string
  readonly polyboltUrl: string
  /** Null: only RTDS is used. */
  readonly credentials: ApiCredentials | null
  /** A stamp has come that was not known. */
  readonly onStamp: () => void
}

/** A connection to a settlement source. */
interface Source {
  readonly name: StampSource
  readonly feed: Pick<StampFeed, 'start' | 'stop' | 'restart'>
  /** Monotonic times of its last stamp and of its last restart. */
  heardAt: number
  triedAt: number
  /** Silence after which it is connected again, ms; doubles until it sends. */
  waitMs: number
  /** True once the credentials were refused. */
  isRefused: boolean
}

/** A source without a stamp for this long is connected again; it sends one a second. */
const SILENCE_MS = 20 * SECOND
const LONGEST_MS = 5 * MINUTE
/** A stamp further ahead of the desk's clock than this is not believed. */
const AHEAD_MS = MINUTE

/** Settlement prices from every source that can be reached, PolyBolt before RTDS. */
export class Settlement {
  readonly #options: SettlementOptions
  readonly #stamps = new Stamps()
  readonly #sources: readonly Source[]

  constructor(options: SettlementOptions) {
    this.#options = options
    const { rtdsUrl, polyboltUrl, credentials, report } = options
    const onRefused = (reason: string) => {
      report('warn', `PolyBolt refuses the API credentials, and is not asked again: ${reason}`)
      for (const source of this.#sources) {
        if (source.name !== 'polybolt') continue
        source.isRefused = true
        source.feed.stop()
      }
    }
    this.#sources = [
      ...(credentials === null
        ? []
        : [this.#source('polybolt', polyboltUrl, (own) => new PolyboltFeed({ ...own, credentials, onRefused }))]),
      this.#source('rtds', rtdsUrl, (own) => new RtdsFeed(own)),
    ]
  }

  start(): void {
    for (const { feed } of this.#sources) feed.start()
  }

  stop(): void {
    for (const { feed } of this.#sources) feed.stop()
  }

  /** The value stamped exactly at a boundary; undefined if no source had that second. */
  at(asset: Asset, meanSeconds: number, boundary: number): { value: number; source: StampSource } | undefined {
    return this.#stamps.at(asset, meanSeconds, boundary)
  }

  /** Connects silent sources again; to be called every second. */
  check(): void {
    const { clock, report } = this.#options
    const now = clock.monotonic()
    for (const source of this.#sources) {
      if (source.isRefused || now - Math.max(source.heardAt, source.triedAt) < source.waitMs) continue
      if (source.waitMs === SILENCE_MS)
        report('warn', `${source.name}: no settlement price for ${SILENCE_MS / SECOND} s; connecting again`)
      source.triedAt = now
      source.waitMs = Math.min(LONGEST_MS, 2 * source.waitMs)
      source.feed.restart('silent')
    }
  }

  #source(name: StampSource, url: string, make: (own: StampFeedOptions) => Source['feed']): Source {
    const { clock, onStamp } = this.#options
    const source: Source = {
      name,
      heardAt: clock.monotonic(),
      triedAt: clock.monotonic(),
      waitMs: SILENCE_MS,
      isRefused: false,
      feed: make({
        ...this.#options,
        url,
        onStamp: (stamp) => {
          if (!(stamp.value > 0) || stamp.at > clock.now() + AHEAD_MS) return
          source.heardAt = clock.monotonic()
          source.waitMs = SILENCE_MS
          if (this.#stamps.add(stamp, name)) onStamp()
        },
      }),
    }
    return source
  }
}
