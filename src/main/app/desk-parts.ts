import type { Engine } from '../../engine/engine.ts'
import type { Timeline, Venue } from '../../engine/venue/port.ts'
import type { Config } from '../../shared/config.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { BooksThread } from '../attribution/books-thread.ts'
import type { FileLock } from '../db/file-lock.ts'
import type { Journal } from '../db/journal.ts'
import type { Deployer } from '../deploy/deployer.ts'
import type { OpenFeed } from '../market/feeds.ts'
import type { ReplayLab } from '../replay/lab.ts'
import type { Gate } from '../runtime/gate.ts'
import type { TradingLoop } from '../runtime/trading-loop.ts'
import type { TapeRecorder } from '../tape/recorder.ts'
import type { DeskOptions } from './desk-options.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { EmergencyStop } from './emergency-stop.ts'
import type { EventLog } from './event-log.ts'
import type { Reconciler } from './reconciler.ts'
import type { TimeKeeper } from './time/time-keeper.ts'
import type { DeskHub } from './window/desk-hub.ts'

/** Every part of a desk, whole and connected. Each part itself sees only what it needs of the others. */
export interface DeskParts {
  readonly options: DeskOptions
  readonly config: Config
  readonly lock: FileLock
  readonly journal: Journal
  readonly feed: OpenFeed
  readonly venue: Venue
  /** What happens in the desk's own time: prices that are pulled, and the simulated venue on them. */
  readonly timeline: Timeline
  readonly engine: Engine
  readonly gate: Gate
  readonly loop: TradingLoop
  readonly events: EventLog
  readonly emergency: EmergencyStop
  readonly time: TimeKeeper
  readonly reconciler: Reconciler
  readonly deployer: Deployer
  readonly dispatcher: Dispatcher
  readonly hub: DeskHub
  /** For proofs: no replay that a person asked for delays one. */
  readonly proofLab: ReplayLab
  readonly replayLab: ReplayLab
  /** For shadows: one thread of their own. */
  readonly shadowLab: ReplayLab
  /** Judges versions by their trades, on a thread of its own. */
  readonly books: BooksThread
  /** Null where the configuration says that nothing is recorded. */
  readonly recorder: TapeRecorder | null
  readonly virtual: boolean
  /** The desk's own time: virtual in a virtual run. */
  readonly now: () => UnixMs
}
