import type { Clock } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'
import type { Ping } from '../../net/connection.ts'
import { type LinkTimings, StreamLink } from '../../net/link.ts'
import type { Stamp } from './stamps.ts'

export interface StampFeedOptions {
  readonly url: string
  readonly assets: readonly Asset[]
  readonly clock: Clock
  readonly random: () => number
  readonly timings: LinkTimings
  readonly onFrame: (text: string) => void
  readonly onStamp: (stamp: Stamp) => void
  readonly report: (level: 'info' | 'warn', detail: string) => void
}

/** One connection to a settlement source; what is sent and understood on it is the subclass's. */
export abstract class StampFeed<Options extends StampFeedOptions = StampFeedOptions> {
  protected readonly options: Options
  readonly #link: StreamLink

  /** @param name as people know it */
  constructor(options: Options, name: string, ping?: Ping) {
    const { url, clock, random, timings, onFrame, report } = options
    this.options = options
    this.#link = new StreamLink(
      { url, clock, random, timings, ...(ping && { ping }) },
      {
        opened: (connection) => this.opened(connection),
        text: (text, connection) => {
          onFrame(text)
          this.received(text, connection)
        },
        up: () => report('info', `${name}: connected`),
        down: (reason) => report('warn', `${name}: link lost: ${reason}`),
      },
    )
  }

  start(): void {
    this.#link.open()
  }

  stop(): void {
    this.#link.stop()
  }

  /** Opens another connection: a topic can fall silent while its connection answers pings. */
  restart(reason: string): void {
    this.#link.reset(reason)
  }

  protected send(text: string, connection: number): void {
    this.#link.send(text, connection)
  }

  /** A connection is open and can be written to. */
  protected abstract opened(connection: number): void
  protected abstract received(text: string, connection: number): void
}
