import type { EngineState } from '../../engine/state.ts'
import type { EventKind } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Journal } from '../db/journal.ts'

export interface EventLogParts {
  readonly journal: Journal
  readonly market: EngineState['config']['market']
  readonly now: () => UnixMs
}

/** Journals events that concern the desk as a whole. Never throws, so that timers and watchers may use it. */
export class EventLog {
  private readonly parts: EventLogParts

  constructor(parts: EventLogParts) {
    this.parts = parts
  }

  add(level: 'info' | 'warn' | 'error', message: string, kind: EventKind = 'desk'): void {
    const { journal, market, now } = this.parts
    journal.append({
      t: 'event',
      event: {
        ts: now(),
        level,
        kind,
        slot: null,
        version: null,
        deployment: null,
        regime: null,
        market,
        message,
        detail: null,
      },
    })
    journal.flushPending()
  }
}
