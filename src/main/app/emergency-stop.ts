import { writeFileSync } from 'node:fs'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { Signal } from '../../shared/domain/signal.ts'
import type { Journal } from '../db/journal.ts'
import type { Gate } from '../runtime/gate.ts'

/**
 * Stops trading for good when an invariant breaks or the journal fails. The kill is latched in a file named KILL and in the
 * journal, so that the next start is killed until a person re-arms it.
 */
export class EmergencyStop {
  /** Emitted once, with what went wrong. */
  readonly tripped = new Signal<unknown>()
  /** What went wrong first; null while nothing did. */
  cause: unknown = null
  private readonly killFile: string
  private readonly journal: Journal
  private readonly gate: Gate

  constructor(killFile: string, journal: Journal, gate: Gate) {
    this.killFile = killFile
    this.journal = journal
    this.gate = gate
  }

  /** An error outside of the trading loop: the gate is still open and is shut first. */
  shutAndTrip(error: unknown): void {
    this.gate.shut(`an unexpected error: ${messageOf(error)}`, false)
    this.trip(error)
  }

  /** An error after which the gate is shut already. */
  trip(error: unknown): void {
    if (this.cause !== null) return
    this.cause = error
    // On a full disk neither may succeed; what was written before is what the next start finds.
    this.writeKillFile(messageOf(error))
    this.journal.append({ t: 'trading', state: 'killed', reason: messageOf(error), until: null, flatten: false })
    this.journal.flushPending()
    this.tripped.emit(error)
  }

  /** The next start is killed while this file exists, whatever the journal says. */
  writeKillFile(reason: string): Result<void> {
    try {
      writeFileSync(this.killFile, `${reason}\n`)
      return ok(undefined)
    } catch (error) {
      return err(`no KILL file could be written either: ${messageOf(error)}`)
    }
  }
}
