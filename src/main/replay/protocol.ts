import type { StrategyManifest } from '../../engine/views/view-types.ts'
import type { Config } from '../../shared/config.ts'
import type { Result } from '../../shared/domain/base.ts'
import type { Candle } from '../../shared/domain/feed.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { ReplayTrade } from '../../shared/domain/replays.ts'
import type { Asset, Slot } from '../../shared/domain/slots.ts'
import type { StrategyFailure } from '../strategy-host/protocol.ts'
import type { TapeLibrary } from '../tape/library.ts'
import type { Act, DayRecord } from './day-record.ts'
import type { OwnTapeSpan } from './own-tape.ts'
import type { ReplaySource, ReplayTape, Stretch } from './tape-types.ts'

/** A version as a replay needs it. */
export interface ReplayVersion {
  readonly hash: VersionHash
  readonly label: string
  readonly strategy: string
  readonly bundle: string
  /** Other than the strategy's own; null = its own. */
  readonly params: StrategyManifest['params'] | null
}

/** One version over one stretch of tape. */
export interface ReplayJob {
  readonly version: ReplayVersion
  readonly stretch: Stretch
  readonly slots: readonly Slot[]
  readonly config: Config
  readonly market: string
  readonly settlement: string
  readonly seed: number
  /** One cell that all threads see: 1 ends the replay at its next look. */
  readonly abort: Int32Array
}

/** Which tape: the desk's own recording (see `openOwnTape`), or files. */
export type TapeRequest =
  | ({ readonly kind: 'own'; readonly folder: string } & OwnTapeSpan)
  | { readonly kind: 'files'; readonly paths: readonly string[] }

/** Both ends are this program's own, and what crosses is plain data. */
export type ToReplayThread =
  | { readonly kind: 'open'; readonly tape: TapeRequest }
  | { readonly kind: 'list'; readonly folder: string }
  /** Loads a version, which stays loaded for the jobs that follow. */
  | { readonly kind: 'load'; readonly version: ReplayVersion }
  | { readonly kind: 'replay'; readonly job: ReplayJob }
  | {
      readonly kind: 'minutes'
      readonly source: ReplaySource
      readonly asset: Asset
      readonly from: number
      readonly to: number
    }

export type FromReplayThread =
  | {
      readonly kind: 'progress'
      /** Market time reached, ms. */
      readonly reached: number
      readonly decisions: number
      /** Since the last message. */
      readonly acts: readonly Act[]
      readonly trades: readonly ReplayTrade[]
    }
  /** Its acts and trades were told before, and are left out. */
  | { readonly kind: 'done'; readonly day: DayRecord }
  | { readonly kind: 'loaded'; readonly manifest: StrategyManifest }
  | { readonly kind: 'opened'; readonly tape: Result<ReplayTape> }
  | { readonly kind: 'listed'; readonly library: TapeLibrary }
  | { readonly kind: 'minutes'; readonly minutes: readonly Candle[] }
  | { readonly kind: 'failed'; readonly failure: StrategyFailure }
