import type { Engine } from '../../../engine/engine.ts'
import type { Config } from '../../../shared/config.ts'
import type { UnixMs } from '../../../shared/domain/time.ts'
import type { BooksThread } from '../../attribution/books-thread.ts'
import type { Journal } from '../../db/journal.ts'
import type { Deployer } from '../../deploy/deployer.ts'
import type { OpenFeed } from '../../market/feeds.ts'
import type { ReplayLab } from '../../replay/lab.ts'
import type { TradingLoop } from '../../runtime/trading-loop.ts'
import type { TapeRecorder } from '../../tape/recorder.ts'
import type { DeskOptions } from '../desk-options.ts'
import type { Dispatcher } from '../dispatcher.ts'
import type { EventLog } from '../event-log.ts'

export interface HubParts {
  readonly options: DeskOptions
  readonly config: Config
  readonly feed: OpenFeed
  readonly engine: Engine
  readonly loop: TradingLoop
  readonly journal: Journal
  readonly deployer: Deployer
  readonly dispatcher: Dispatcher
  readonly events: EventLog
  readonly books: BooksThread
  readonly recorder: TapeRecorder | null
  readonly replayLab: ReplayLab
  /** See `ProofParts.recording`. */
  readonly ownRecording: string | null
  readonly virtual: boolean
  readonly now: () => UnixMs
}
