import { existsSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { Disposer } from '../../shared/domain/base.ts'
import { messageOf } from '../../shared/domain/base.ts'
import { REFUSAL_CODES } from '../../shared/domain/commands.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { readJson } from '../platform/text.ts'
import { writeWhole } from '../platform/write-whole.ts'

/** How long changes that do not concern positions, owners or kills are gathered, ms. */
const GATHER_MS = 50

const positionSchema = z.object({
  id: z.string(),
  window: z.string(),
  side: z.string(),
  shares: z.number(),
  costUsd: z.number(),
  owner: z.string(),
  state: z.string(),
  /** True where its window ended long ago and prices for its outcome are missing: it may be voided by hand. */
  unsettleable: z.boolean(),
})

/** An order that the venue could still fill, or whose fate is unknown. */
const orderSchema = z.object({
  id: z.string(),
  window: z.string(),
  kind: z.string(),
  side: z.string(),
  owner: z.string(),
  state: z.string(),
})

/** Schema 2 of status.json, the desk's state for other programs. */
export const statusSchema = z.object({
  schema: z.literal(2),
  /** False once the desk has ended; `ended` says when and why. A process that was killed leaves true and its pid. */
  up: z.boolean(),
  ended: z.object({ at: z.string(), reason: z.string() }).nullable(),
  pid: z.number(),
  revision: z.number(),
  /** Number of the newest journaled event. */
  journalSeq: z.number(),
  at: z.string(),
  market: z.string(),
  feed: z.string(),
  trading: z.enum(['running', 'paused', 'killed']),
  tradingReason: z.string().nullable(),
  /** Alerts, most severe first. Missing in files of earlier builds. */
  alerts: z.array(z.string()).default([]),
  /** Conditions that hold entries until they are over. */
  holds: z.array(z.object({ about: z.string(), reason: z.string() })),
  clock: z.object({
    /** What the desk's time follows. */
    follows: z.enum(['venue', 'monotonic', 'virtual']),
    /** The computer's clock less the desk's time, ms. */
    skewMs: z.number(),
  }),
  deploys: z.enum(['open', 'frozen', 'cooling']),
  /** Slots that are to trade and in which nothing can be decided; a file of an older desk has none. */
  outages: z
    .array(
      z.object({
        kind: z.string(),
        strategy: z.string().nullable(),
        version: z.string().nullable(),
        slots: z.array(z.string()),
        reason: z.string(),
      }),
    )
    .default([]),
  versions: z.record(z.string(), z.object({ version: z.string(), label: z.string(), state: z.string() })),
  slots: z.array(
    z.object({
      slot: z.string(),
      status: z.string(),
      window: z.string(),
      /** Everything unsettled, of earlier windows too, oldest first. */
      positions: z.array(positionSchema),
      orders: z.array(orderSchema),
    }),
  ),
  lastCycle: z.object({ count: z.number(), at: z.number(), ms: z.number(), missed: z.number() }),
  lastDeployment: z
    .object({ id: z.string(), strategy: z.string(), state: z.string(), reason: z.string().nullable() })
    .nullable(),
  /** What became of the newest control.json; `seq` null where it had no number that could be read. */
  control: z.object({
    seq: z.number().nullable(),
    outcome: z.string(),
    /** Why it was refused, for programs. */
    code: z.enum(REFUSAL_CODES).optional(),
    error: z.string().optional(),
    at: z.string().optional(),
  }),
})
export type StatusFile = z.infer<typeof statusSchema>

/** Reads a status file; undefined when there is none or it is not one. */
export function readStatus(path: string): StatusFile | undefined {
  if (!existsSync(path)) return undefined
  const json = readJson(path)
  return json.ok ? statusSchema.safeParse(json.value).data : undefined
}

/**
 * Writes status.json: at once for urgent changes, else gathered. Its contents are durable in the journal first: after a crash
 * the file must not show a kill that the journal does not have.
 */
export class StatusWriter {
  private readonly path: string
  private readonly clock: Clock
  private readonly compose: (revision: number) => StatusFile
  private readonly durable: () => Promise<void>
  private readonly onProblem: (message: string) => void
  private revision = 0
  /** Revision of what the file holds. */
  private written = 0
  private cancel: Disposer | undefined
  private failing = false
  private stopped = false

  constructor(
    path: string,
    clock: Clock,
    compose: (revision: number) => StatusFile,
    /** Resolves once everything that has happened so far is written down, or cannot be for the moment. */
    durable: () => Promise<void>,
    onProblem: (message: string) => void,
  ) {
    this.path = path
    this.clock = clock
    this.compose = compose
    this.durable = durable
    this.onProblem = onProblem
  }

  /** Schedules a write. Urgent changes are written before the current task ends, several of one task together. */
  changed(urgent: boolean): void {
    if (this.stopped || (this.cancel !== undefined && !urgent)) return
    this.cancel?.()
    this.cancel = this.clock.after(urgent ? 0 : GATHER_MS, () => void this.write())
  }

  /** Writes the current state, once it is durable. */
  async write(): Promise<void> {
    this.cancel?.()
    this.cancel = undefined
    const revision = ++this.revision
    try {
      const text = `${JSON.stringify(this.compose(revision), null, 1)}\n`
      await this.durable()
      // A later one may have come first.
      if (this.stopped || revision < this.written) return
      writeWhole(this.path, text)
      this.written = revision
      this.failing = false
    } catch (error) {
      if (!this.failing) this.onProblem(`status.json cannot be written: ${messageOf(error)}`)
      this.failing = true
    }
  }

  /** Writes it for the last time. */
  stop(): void {
    this.stopped = true
    this.cancel?.()
    try {
      const text = `${JSON.stringify(this.compose(++this.revision), null, 1)}\n`
      try {
        writeWhole(this.path, text)
      } catch {
        // On a full disk there is no room for a second file, so the existing file is overwritten in place.
        writeFileSync(this.path, text)
      }
    } catch (error) {
      this.onProblem(`status.json cannot be written: ${messageOf(error)}`)
    }
  }
}
