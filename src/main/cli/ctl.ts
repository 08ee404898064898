import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import { type Command, type CommandOutcome, commandSchema, explain } from '../../shared/domain/commands.ts'
import type { Market } from '../../shared/domain/market.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import { outageText } from '../../shared/ipc/outage-text.ts'
import { type Home, homeToRead, runningHomes } from '../app/start/home.ts'
import { readStatus } from '../control/status-file.ts'
import { acknowledgedSeq, newestFileOutcome } from '../db/control.ts'
import { openReadOnly } from '../db/database.ts'
import { deskRuns, FileLock } from '../db/file-lock.ts'
import { systemClock } from '../platform/system.ts'
import { writeWhole } from '../platform/write-whole.ts'
import { EXIT, type ExitCode, print, printError, UsageError } from './output.ts'

export interface CtlFlags {
  readonly home?: string
  readonly market?: Market
  readonly json?: boolean
  readonly timeout: number
}

interface Answer extends Omit<CommandOutcome, 'id'> {
  readonly seq: number | null
}

const failed = (seq: number | null, message: string): Answer => ({ seq, outcome: 'failed', code: null, message })

const POLL_MS = 15
const sleep = (ms: number) => new Promise<void>((resolve) => systemClock.after(ms, resolve))

/**
 * `baton ctl <command>`: writes control.json and waits for the desk to report the outcome. Where desks of several markets run,
 * a kill is for all of them, and any other command must name its market.
 */
export async function ctl(input: Readonly<Record<string, unknown>>, flags: CtlFlags): Promise<ExitCode> {
  const parsed = commandSchema.safeParse(input)
  if (!parsed.success) throw new UsageError(explain(parsed.error))
  const command = parsed.data
  const running = runningHomes(flags.home, flags.market)
  if (running.length > 1 && command.kind !== 'kill')
    throw new UsageError(`desks of ${running.map(({ market }) => market).join(' and ')} run: choose one with --market`)
  const homes = running.length > 0 ? running : [homeToRead(flags)]
  const codes = await Promise.all(homes.map((home) => send(command, home, flags)))
  return codes.find((code) => code !== EXIT.done) ?? EXIT.done
}

async function send(command: Command, home: Home, flags: CtlFlags): Promise<ExitCode> {
  const answer = await sendCommand(command, home, flags.timeout)
  if (flags.json === true) print(JSON.stringify({ command: command.kind, ...answer }))
  else if (answer.outcome === 'done') print(`${command.kind}: ${answer.message}`)
  else printError(`${command.kind} ${answer.outcome}: ${answer.message}`)
  const outages = outageText(readStatus(home.status)?.outages ?? [])
  if (outages !== '' && flags.json !== true) printError(`note: ${outages}`)
  if (answer.outcome === 'done') return EXIT.done
  return answer.outcome === 'refused' ? EXIT.refused : EXIT.failed
}

async function sendCommand(command: Command, home: Home, timeoutMs: number): Promise<Answer> {
  if (!deskRuns(home.folder)) return failed(null, noDesk(command, home))
  const deadline = systemClock.monotonic() + timeoutMs
  // A kill does not wait for another command to finish.
  const isKill = command.kind === 'kill'
  const lock = isKill ? FileLock.take(`${home.folder}/control.lock`) : await takeLock(home, deadline)
  if (lock === null && !isKill)
    return failed(null, `another "baton ctl" holds ${home.folder}/control.lock; nothing was written`)
  try {
    const seq = highestSeq(home) + 1
    const file = { seq, command, by: 'baton ctl', at: isoUtc(systemClock.now()) }
    const written = write(home.control, `${JSON.stringify(file, null, 1)}\n`)
    return written.ok ? await waitForOutcome(home, seq, command, deadline) : failed(null, written.error)
  } finally {
    lock?.release()
  }
}

function noDesk(command: Command, home: Home): string {
  const hint =
    command.kind === 'kill' ? `; to keep the next desk from trading, create an empty file KILL in the folder` : ''
  return `no desk runs in ${home.folder}, nothing was written${hint}`
}

async function takeLock(home: Home, deadline: number): Promise<FileLock | null> {
  for (;;) {
    const lock = FileLock.take(`${home.folder}/control.lock`)
    if (lock !== null || systemClock.monotonic() >= deadline) return lock
    await sleep(POLL_MS)
  }
}

const seqSchema = z.object({ seq: z.int().nonnegative() })

/** The highest sequence number in the file, the status and the journal; the desk ignores a command with a lower one. */
function highestSeq(home: Home): number {
  return Math.max(seqOfFile(home.control), readStatus(home.status)?.control.seq ?? 0, seqOfJournal(home.database))
}

function seqOfFile(path: string): number {
  if (!existsSync(path)) return 0
  try {
    const parsed = seqSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success ? parsed.data.seq : 0
  } catch {
    return 0
  }
}

function seqOfJournal(path: string): number {
  const db = openReadOnly(path)
  if (!db.ok) return 0
  try {
    return acknowledgedSeq(db.value)
  } catch {
    return 0
  } finally {
    db.value.close()
  }
}

function write(path: string, text: string): Result<void> {
  try {
    writeWhole(path, text)
    return ok(undefined)
  } catch (error) {
    return err(`${path} cannot be written: ${messageOf(error)}`)
  }
}

async function waitForOutcome(home: Home, seq: number, command: Command, deadline: number): Promise<Answer> {
  for (;;) {
    const control = readStatus(home.status)?.control
    if (control?.seq != null && control.seq >= seq) {
      if (control.seq > seq)
        return failed(seq, 'a later command replaced it in control.json; see the log for its outcome')
      if (control.outcome === 'done')
        return { seq, outcome: 'done', code: null, message: journaledMessage(home, command) ?? 'done' }
      const message = control.error ?? 'the desk gave no reason'
      if (control.outcome !== 'refused') return failed(seq, message)
      return { seq, outcome: 'refused', code: control.code ?? null, message }
    }
    if (systemClock.monotonic() >= deadline) {
      const message = 'the desk did not answer in time; the command stays in control.json and may still be executed'
      return failed(seq, message)
    }
    if (!deskRuns(home.folder)) return failed(seq, `the desk in ${home.folder} stopped before it answered`)
    await sleep(POLL_MS)
  }
}

/** Journaled message of the newest command from the file, which is this one while the lock is held. */
function journaledMessage(home: Home, command: Command): string | null {
  const db = openReadOnly(home.database)
  if (!db.ok) return null
  try {
    return newestFileOutcome(db.value, command.kind) ?? null
  } catch {
    return null
  } finally {
    db.value.close()
  }
}
