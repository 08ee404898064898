import type { Engine } from '../../engine/engine.ts'
import type { Timeline, Venue } from '../../engine/venue/port.ts'
import type { Config } from '../../shared/config.ts'
import type { CommandOutcome, CommandSource } from '../../shared/domain/commands.ts'
import type { FeedKind } from '../../shared/domain/market.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { EventRow } from '../../shared/ipc/desk-view.ts'
import type { BooksThread } from '../attribution/books-thread.ts'
import type { Journal } from '../db/journal.ts'
import type { Deployer } from '../deploy/deployer.ts'
import type { OpenFeed } from '../market/feeds.ts'
import type { openVenue } from '../market/venues.ts'
import type { DeskClock } from '../platform/desk-clock.ts'
import type { ReplayLab } from '../replay/lab.ts'
import type { Gate } from '../runtime/gate.ts'
import type { TradingLoop } from '../runtime/trading-loop.ts'
import type { TapeRecorder } from '../tape/recorder.ts'
import type { Home } from './home.ts'

export interface DeskOptions {
  readonly home: Home
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
  /** Where orders go; undefined = the venue that the feed calls for. */
  readonly openVenue?: typeof openVenue
}

/** The parts of a desk, as those who are built around them see it. */
export interface DeskParts {
  readonly options: DeskOptions
  readonly config: Config
  readonly feed: OpenFeed
  readonly engine: Engine
  readonly loop: TradingLoop
  readonly journal: Journal
  readonly gate: Gate
  readonly venue: Venue
  readonly timeline: Timeline
  readonly deployer: Deployer
  readonly dispatcher: { dispatch(input: unknown, source: CommandSource): Promise<CommandOutcome> }
  readonly hub: { say(level: EventRow['level'], message: string, kind?: string): void }
  readonly replayLab: ReplayLab
  readonly books: BooksThread
  readonly recorder: TapeRecorder | null
  /** See `Desk.tapeRecording`. */
  readonly tapeRecording: string | null
  readonly virtual: boolean
  /** The desk's own time: virtual in a virtual run. */
  now(): UnixMs
}
