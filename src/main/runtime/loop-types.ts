import type { Engine } from '../../engine/engine.ts'
import type { Venue } from '../../engine/venue/port.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { Journal } from '../db/journal.ts'
import type { Gate } from './gate.ts'
import type { RuntimeRecorder } from './runtime.ts'

export interface TradingLoopParts {
  readonly engine: Engine
  readonly journal: Journal
  readonly venue: Venue
  readonly gate: Gate
  readonly clock: Clock
  /** Null when nothing is recorded. */
  readonly recorder: RuntimeRecorder | null
  readonly decisionDeadlineMs: number
  /** Virtual time: every answer is awaited and a missed deadline ends the run, so that results do not depend on speed. */
  readonly virtual: boolean
}

export interface LoopFigures {
  cycles: number
  missedCycles: number
  decisions: number
  orders: number
  fills: number
  lastCycleMs: number
  lastCycleAt: number
  /** Delay of the most recent cycles, ms, oldest first. */
  readonly lateMs: number[]
}

/** Figures of a committed swap, for its deployment's row. */
export interface CommitFigures {
  /** Real milliseconds for which the loop was blocked so far. */
  readonly heldMs: number
  readonly handoffs: number
}
