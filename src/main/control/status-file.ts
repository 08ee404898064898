import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Disposer } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { writeWhole } from '../app/files.ts'

/** Changes that are not about positions, owners or kills are gathered this long. */
const GATHER_MS = 50

const positionSchema = z.object({
  id: z.string(),
  side: z.string(),
  shares: z.number(),
  costUsd: z.number(),
  owner: z.string(),
  state: z.string(),
})

/** status.json, schema 1: the desk as any program can read it. */
export const statusSchema = z.object({
  schema: z.literal(1),
  pid: z.number(),
  revision: z.number(),
  /** Number of the newest journaled event. */
  journalSeq: z.number(),
  at: z.string(),
  market: z.string(),
  feed: z.string(),
  trading: z.enum(['running', 'paused', 'killed']),
  tradingReason: z.string().nullable(),
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
      position: positionSchema.nullable(),
      openOrders: z.number(),
      unknownOrders: z.number(),
    }),
  ),
  lastCycle: z.object({ count: z.number(), at: z.number(), ms: z.number(), missed: z.number() }),
  lastDeployment: z
    .object({ id: z.string(), strategy: z.string(), state: z.string(), reason: z.string().nullable() })
    .nullable(),
  control: z.object({ seq: z.number(), outcome: z.string(), error: z.string().optional() }),
})
export type StatusFile = z.infer<typeof statusSchema>

/** Reads a status file; undefined when there is none or it is not one. */
export function readStatus(path: string): StatusFile | undefined {
  if (!existsSync(path)) return undefined
  try {
    const parsed = statusSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** Writes status.json whole: at once where it matters, else gathered. */
export class StatusWriter {
  private readonly path: string
  private readonly clock: Clock
  private readonly compose: (revision: number) => StatusFile
  private readonly onProblem: (message: string) => void
  private revision = 0
  private cancel: Disposer | undefined
  private failing = false
  private stopped = false

  constructor(
    path: string,
    clock: Clock,
    compose: (revision: number) => StatusFile,
    onProblem: (message: string) => void,
  ) {
    this.path = path
    this.clock = clock
    this.compose = compose
    this.onProblem = onProblem
  }

  /** Something changed. `urgent` ones are written before this task ends, several of one task together. */
  changed(urgent: boolean): void {
    if (this.stopped || (this.cancel !== undefined && !urgent)) return
    this.cancel?.()
    this.cancel = this.clock.after(urgent ? 0 : GATHER_MS, () => this.write())
  }

  write(): void {
    this.cancel?.()
    this.cancel = undefined
    try {
      writeWhole(this.path, `${JSON.stringify(this.compose(++this.revision), null, 1)}\n`)
      this.failing = false
    } catch (error) {
      if (!this.failing)
        this.onProblem(`status.json cannot be written: ${error instanceof Error ? error.message : String(error)}`)
      this.failing = true
    }
  }

  /** Writes it a last time; what changes after that is the next start's to tell. */
  stop(): void {
    this.write()
    this.stopped = true
  }
}
