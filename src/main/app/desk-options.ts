import type { Result } from '../../shared/domain/base.ts'
import type { FeedKind, Market } from '../../shared/domain/market.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { openFeed } from '../market/feeds.ts'
import type { openVenue } from '../market/venues.ts'
import type { DeskClock } from '../platform/desk-clock.ts'
import type { SecretStore } from '../secrets/store.ts'
import type { Home } from './start/home.ts'

export interface DeskOptions {
  readonly home: Home
  readonly market: Market
  readonly feed: FeedKind
  readonly tapes: readonly string[]
  readonly slots: string | undefined
  readonly seed: number
  /** Virtual time at this many seconds a second, null = as fast as it goes; undefined = real time. */
  readonly speed: number | null | undefined
  readonly from: UnixMs | undefined
  readonly forMs: number | undefined
  readonly clock: DeskClock
  /** True: settings that cannot be read are an error. False: the desk starts, holds entries, and names them (I12). */
  readonly strict: boolean
  /** Opens the secrets of a home folder; undefined = the encrypted file in it. */
  readonly openSecrets?: (folder: string) => Result<SecretStore | null>
  /** Where orders go; undefined = the venue that the feed calls for. */
  readonly openVenue?: typeof openVenue
  /** Opens the feed; undefined = `openFeed` itself. */
  readonly openFeed?: typeof openFeed
  /** Called when hosts of the market cannot be used, with the reason: true = try again. Absent: the desk does not open. */
  readonly tryAgain?: (reason: string) => Promise<boolean>
}
