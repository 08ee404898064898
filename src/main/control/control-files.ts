import { existsSync, readFileSync, statSync } from 'node:fs'
import { type FSWatcher, watch } from 'chokidar'
import { z } from 'zod'
import type { Disposer } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import {
  type CommandOutcome,
  type CommandSource,
  controlFileSchema,
  explain,
  NEVER_STALE,
} from '../../shared/ipc/commands.ts'

/** How often the files are looked at besides being watched: the budget of a kill by file is 250 ms. */
const POLL_MS = 100

export interface ControlFilesParts {
  readonly controlPath: string
  readonly killPath: string
  readonly clock: Clock
  /** Real time at which this desk started. */
  readonly startedAt: number
  /** Highest sequence number that was carried out before. */
  readonly acknowledged: number
  readonly dispatch: (input: unknown, source: CommandSource) => Promise<CommandOutcome>
  readonly isKilled: () => boolean
  /** Told the number of a command right before it is carried out. */
  readonly onBegin: (seq: number) => void
  readonly onAck: (ack: ControlAck) => void
  readonly onProblem: (message: string) => void
}

/** What became of control.json, for status.json. */
export interface ControlAck {
  readonly seq: number
  readonly outcome: CommandOutcome['outcome']
  readonly error?: string
}

const seqSchema = z.object({ seq: z.int().nonnegative() })

/** control.json and KILL: anyone with a text editor can drive the desk. */
export class ControlFiles {
  private readonly parts: ControlFilesParts
  private watcher: FSWatcher | undefined
  private cancelPoll: Disposer = () => {}
  private lastSeq: number
  private lastBad = ''
  private seenStamp = ''
  private ackedSeq: number

  constructor(parts: ControlFilesParts) {
    this.parts = parts
    this.lastSeq = parts.acknowledged
    this.ackedSeq = parts.acknowledged
  }

  start(): void {
    const { controlPath, killPath } = this.parts
    this.watcher = watch([controlPath, killPath], { ignoreInitial: true })
    this.watcher.on('all', () => this.look())
    this.poll()
  }

  private poll(): void {
    this.look()
    this.cancelPoll = this.parts.clock.after(POLL_MS, () => this.poll())
  }

  /** Looks at both files now; called on every change, on every poll and in each cycle. */
  look(): void {
    if (existsSync(this.parts.killPath) && !this.parts.isKilled()) {
      void this.parts.dispatch(
        { kind: 'kill', positions: 'hold', reason: 'a file named KILL lies in the home folder' },
        'kill-file',
      )
    }
    void this.readControl()
  }

  private async readControl(): Promise<void> {
    const { controlPath } = this.parts
    let text: string
    let writtenAt: number
    try {
      const stats = statSync(controlPath)
      const stamp = `${stats.mtimeMs} ${stats.size} ${stats.ino}`
      if (stamp === this.seenStamp) return
      text = readFileSync(controlPath, 'utf8')
      writtenAt = stats.mtimeMs
      this.seenStamp = stamp
    } catch {
      return
    }
    // Not one after another: a kill must not wait for a deployment that came before it.
    await this.carryOut(text, writtenAt)
  }

  private async carryOut(text: string, writtenAt: number): Promise<void> {
    let input: unknown
    try {
      input = JSON.parse(text)
    } catch (error) {
      return this.problem(text, `is not JSON: ${error instanceof Error ? error.message : String(error)}`)
    }
    const parsed = controlFileSchema.safeParse(input)
    if (!parsed.success) {
      this.problem(text, explain(parsed.error))
      // A readable number with an unreadable command is acknowledged, so that whoever wrote it need not wait.
      const seq = seqSchema.safeParse(input)
      if (seq.success && seq.data.seq > this.lastSeq)
        this.acknowledge({ seq: seq.data.seq, outcome: 'refused', error: explain(parsed.error) })
      return
    }
    const { seq, command } = parsed.data
    const fresh = writtenAt >= this.parts.startedAt
    if (seq <= this.lastSeq) {
      if (!fresh) return
      if (command.kind === 'kill') void this.parts.dispatch(command, 'file')
      else this.problem(text, `seq ${seq} was carried out already; write ${this.lastSeq + 1} or more`)
      return
    }
    if (!fresh && !NEVER_STALE.has(command.kind)) {
      return this.acknowledge({
        seq,
        outcome: 'refused',
        error: `${command.kind} was written before the desk started; write it again if it is still meant`,
      })
    }
    this.lastSeq = seq
    // Before it is carried out: a crash in between must not carry it out again.
    this.parts.onBegin(seq)
    const { outcome, message } = await this.parts.dispatch(command, 'file')
    this.acknowledge(outcome === 'done' ? { seq, outcome } : { seq, outcome, error: message })
  }

  private acknowledge(ack: ControlAck): void {
    this.lastSeq = Math.max(this.lastSeq, ack.seq)
    // A deployment that took long must not hide what was done after it.
    if (ack.seq < this.ackedSeq) return
    this.ackedSeq = ack.seq
    this.parts.onAck(ack)
  }

  /** Says once what is wrong with a file; it is ignored and the desk trades on. */
  private problem(text: string, message: string): void {
    if (this.lastBad === text) return
    this.lastBad = text
    this.parts.onProblem(`control.json was ignored: ${message}`)
  }

  async stop(): Promise<void> {
    this.cancelPoll()
    await this.watcher?.close()
  }
}
