import { existsSync, readFileSync, statSync } from 'node:fs'
import { type FSWatcher, watch } from 'chokidar'
import { z } from 'zod'
import type { Disposer } from '../../shared/domain/base.ts'
import { messageOf } from '../../shared/domain/base.ts'
import {
  type CommandOutcome,
  type CommandSource,
  commandSchema,
  controlFileSchema,
  explain,
  killIn,
  meansKill,
  NEVER_STALE,
  type RefusalCode,
} from '../../shared/domain/commands.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import { decodeJson } from '../platform/text.ts'

/** Polling interval besides the file watcher, ms: a kill by file must act within 250 ms. */
const POLL_MS = 100

export interface ControlFilesParts {
  readonly controlPath: string
  readonly killPaths: readonly string[]
  readonly clock: Clock
  /** Highest sequence number carried out so far. */
  readonly acknowledged: number
  readonly dispatch: (input: unknown, source: CommandSource) => Promise<CommandOutcome>
  readonly isKilled: () => boolean
  /** Called with a command's number right before it is carried out. */
  readonly onBegin: (seq: number) => void
  readonly onAck: (ack: ControlAck) => void
  readonly onProblem: (message: string) => void
}

/** Outcome of control.json, for status.json. */
export interface ControlAck {
  /** Number of the command; null where the file has none that can be read. */
  readonly seq: number | null
  readonly outcome: CommandOutcome['outcome']
  readonly code?: RefusalCode
  readonly error?: string
  /** When it was answered, ISO 8601 UTC. */
  readonly at?: string
}

const seqSchema = z.object({ seq: z.int().nonnegative() })
const killSchema = z.object({ command: z.unknown() })

/** Reads commands from control.json and kills from the KILL file. */
export class ControlFiles {
  private readonly parts: ControlFilesParts
  private watcher: FSWatcher | undefined
  private cancelPoll: Disposer = () => {}
  private lastSeq: number
  private seenStamp = ''
  /** Identity of the file found at the start: it was written before, whatever its timestamp says. */
  private staleStamp = ''
  private ackedSeq: number

  constructor(parts: ControlFilesParts) {
    this.parts = parts
    this.lastSeq = parts.acknowledged
    this.ackedSeq = parts.acknowledged
  }

  start(): void {
    const { controlPath, killPaths } = this.parts
    this.staleStamp = stampOf(controlPath) ?? ''
    this.watcher = watch([controlPath, ...killPaths], { ignoreInitial: true })
    this.watcher.on('all', () => this.look())
    this.poll()
  }

  private poll(): void {
    this.look()
    this.cancelPoll = this.parts.clock.after(POLL_MS, () => this.poll())
  }

  /** Reads both files now; called on every change and every poll. */
  look(): void {
    if (!this.parts.isKilled() && this.parts.killPaths.some((path) => existsSync(path))) {
      void this.parts.dispatch(
        { kind: 'kill', positions: 'hold', reason: 'a file named KILL lies in the home folder' },
        'kill-file',
      )
    }
    this.readControl().catch((error: unknown) => this.refuseFile(`it could not be carried out: ${messageOf(error)}`))
  }

  private async readControl(): Promise<void> {
    const { controlPath } = this.parts
    let bytes: Uint8Array
    try {
      const stamp = stampOf(controlPath)
      if (stamp === null || stamp === this.seenStamp) return
      this.seenStamp = stamp
      bytes = readFileSync(controlPath)
    } catch (error) {
      this.refuseFile(`it cannot be read: ${messageOf(error)}`)
      return
    }
    // Not queued: a kill must not wait for an earlier deployment.
    await this.carryOut(bytes, this.seenStamp !== this.staleStamp)
  }

  /** @param fresh it was written after the desk started */
  private async carryOut(bytes: Uint8Array, fresh: boolean): Promise<void> {
    const input = decodeJson(bytes)
    if (!input.ok) {
      // A kill is recognised in any encoding that contains ASCII (I5).
      const text = Buffer.from(bytes).toString('latin1').replaceAll('\0', '')
      return meansKill(text) ? this.dispatch(null, { kind: 'kill' }) : this.refuseFile(input.error)
    }
    const parsed = controlFileSchema.safeParse(input.value)
    if (!parsed.success) return this.refuseForm(input.value, explain(parsed.error))
    const { seq, command } = parsed.data
    if (seq <= this.lastSeq) {
      if (!fresh) return
      if (command.kind === 'kill') await this.dispatch(seq, command)
      else this.refuseFile(`seq ${seq} was carried out already; write ${this.lastSeq + 1} or more`, 'stale')
      return
    }
    if (!fresh && !NEVER_STALE.has(command.kind)) {
      return this.acknowledge({
        seq,
        outcome: 'refused',
        code: 'stale',
        error: `${command.kind} was written before the desk started; write it again if it is still meant`,
      })
    }
    this.lastSeq = seq
    // Recorded first: after a crash in between it must not be carried out again.
    this.parts.onBegin(seq)
    await this.dispatch(seq, command)
  }

  private async dispatch(seq: number | null, command: unknown): Promise<void> {
    const { outcome, code, message } = await this.parts.dispatch(command, 'file')
    if (outcome === 'done') return this.acknowledge({ seq, outcome })
    this.acknowledge({ seq, outcome, ...(code === null ? {} : { code }), error: message })
  }

  /** JSON that is no valid command: a kill is still carried out (I5); anything else is refused, with its number if it has one. */
  private async refuseForm(input: unknown, error: string): Promise<void> {
    const numbered = seqSchema.safeParse(input)
    const seq = numbered.success && numbered.data.seq > this.lastSeq ? numbered.data.seq : null
    const meant = killSchema.safeParse(input)
    const kill = [meant.success ? meant.data.command : undefined, input].map(killOf).find((one) => one !== undefined)
    if (kill !== undefined) return this.dispatch(seq, kill)
    if (seq === null) return this.refuseFile(error)
    this.acknowledge({ seq, outcome: 'refused', code: 'invalid', error })
  }

  private acknowledge(ack: ControlAck): void {
    const at = isoUtc(this.parts.clock.now())
    if (ack.seq === null) return this.parts.onAck({ ...ack, at })
    this.lastSeq = Math.max(this.lastSeq, ack.seq)
    // A slow deployment must not overwrite the outcome of a later command.
    if (ack.seq < this.ackedSeq) return
    this.ackedSeq = ack.seq
    this.parts.onAck({ ...ack, at })
  }

  /** An unusable file is acknowledged in status.json; trading continues. */
  private refuseFile(error: string, code: RefusalCode = 'invalid'): void {
    this.parts.onAck({ seq: null, outcome: 'refused', code, error, at: isoUtc(this.parts.clock.now()) })
    this.parts.onProblem(`control.json was refused: ${error}`)
  }

  async stop(): Promise<void> {
    this.cancelPoll()
    await this.watcher?.close()
  }
}

/** The kill that an input expresses, even malformed. */
function killOf(input: unknown): unknown {
  return killIn(input) ?? (commandSchema.safeParse(input).data?.kind === 'kill' ? input : undefined)
}

/** Identity of one version of a file; null if it is missing, or empty because an editor is about to write it. */
function stampOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined || stats.size === 0 ? null : `${stats.mtimeMs} ${stats.ctimeMs} ${stats.size} ${stats.ino}`
}
