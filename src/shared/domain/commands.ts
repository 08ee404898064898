import { z } from 'zod'
import { positionIdSchema, slotIdSchema } from './schemas.ts'

/**
 * The one schema of every command, whatever brings it: control.json, HTTP, command line, IPC or tray.
 * Unknown keys are refused, so that a misspelt field never silently does less than was asked.
 */
export const strategyNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a strategy name is lower case letters, digits and -')
const versionHash = z.string().regex(/^[0-9a-f]{6,64}$/, 'a version is named by 6 to 64 hex digits of its hash')
const reason = z.string().trim().min(1, 'say why in a few words').max(500)

const capUsd = z.number().positive().max(1_000_000).optional()
const instant = z.iso.datetime({ offset: true })

/** How a candidate goes on: `shadow` beside the live version with paper fills, `canary` with a part of its slots or stake. */
const partOf = {
  slots: z.array(slotIdSchema).min(1).max(1_000).optional(),
  stakePercent: z.number().positive().max(100).optional(),
}

function partIsCanary(of: { as?: string | undefined; slots?: unknown; stakePercent?: unknown }): boolean {
  return of.as === 'canary' || (of.slots === undefined && of.stakePercent === undefined)
}

const PART = 'slots and stakePercent are for a canary: say as "canary"'

export const commandSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('reload'),
      strategy: strategyNameSchema.optional(),
      hash: versionHash.optional(),
      /** The stored version that `hash` names, whatever the files say now. */
      stored: z.literal(true).optional(),
      reason: reason.optional(),
      override: reason.optional(),
      as: z.enum(['live', 'shadow', 'canary']).optional(),
      ...partOf,
    })
    .refine(partIsCanary, PART)
    .refine(({ stored, hash }) => stored === undefined || hash !== undefined, 'a stored version is named by its hash'),
  z
    .strictObject({
      kind: z.literal('promote'),
      strategy: strategyNameSchema,
      hash: versionHash.optional(),
      reason: reason.optional(),
      override: reason.optional(),
      as: z.enum(['live', 'canary']).optional(),
      ...partOf,
    })
    .refine(partIsCanary, PART),
  z.strictObject({ kind: z.literal('rollback'), strategy: strategyNameSchema, to: versionHash.optional() }),
  z.strictObject({ kind: z.literal('freeze'), reason, until: instant.optional() }),
  z.strictObject({ kind: z.literal('unfreeze'), reason }),
  z.strictObject({
    kind: z.literal('pause'),
    reason,
    slot: slotIdSchema.optional(),
    strategy: strategyNameSchema.optional(),
  }),
  z.strictObject({ kind: z.literal('resume'), slot: slotIdSchema.optional(), strategy: strategyNameSchema.optional() }),
  z.strictObject({
    kind: z.literal('kill'),
    positions: z.enum(['hold', 'flatten']).default('hold'),
    reason: reason.optional(),
  }),
  z.strictObject({
    kind: z.literal('dismiss'),
    strategy: strategyNameSchema,
    hash: versionHash.optional(),
    reason: reason.optional(),
  }),
  z.strictObject({ kind: z.literal('close'), position: positionIdSchema, reason: reason.optional() }),
  z.strictObject({
    kind: z.literal('void'),
    position: positionIdSchema,
    reason,
    token: z.string().max(100).optional(),
  }),
  z.strictObject({
    kind: z.literal('assign'),
    slot: slotIdSchema,
    strategy: strategyNameSchema,
    reason: reason.optional(),
  }),
  z
    .strictObject({
      kind: z.literal('caps'),
      reason,
      stakePerOrderUsd: capUsd,
      exposurePerWindowUsd: capUsd,
      exposurePerAssetUsd: capUsd,
      exposurePerAccountUsd: capUsd,
      ordersPerMinute: z.int().min(1).max(2_400).optional(),
      lossPerDayUsd: capUsd,
    })
    .refine((caps) => Object.keys(caps).length > 2, 'name at least one cap and its new value'),
  z.strictObject({ kind: z.literal('rearm'), confirm: z.literal('REARM', 'type REARM to confirm'), reason }),
])

export type Command = z.infer<typeof commandSchema>
export type CommandInput = z.input<typeof commandSchema>
export type CommandKind = Command['kind']
export const COMMAND_KINDS = commandSchema.options.map((option) => option.shape.kind.value)

/** Where a command came from; part of its journal row. */
export type CommandSource = 'file' | 'kill-file' | 'http' | 'desk' | 'cli' | 'tray' | 'engine'

/** What became of a command. `refused` is a rule's answer, `failed` an attempt that did not work out. */
export interface CommandOutcome {
  readonly id: string
  readonly outcome: 'done' | 'refused' | 'failed'
  /** What happened, what still runs and what to do, in one or two sentences. */
  readonly message: string
}

/** Commands that need the token of the desk's own window; the other token may read, pause, freeze and kill. */
export const PRIVILEGED: ReadonlySet<CommandKind> = new Set([
  'reload',
  'rollback',
  'rearm',
  'unfreeze',
  'resume',
  'promote',
  'dismiss',
  'close',
  'void',
  'assign',
  'caps',
])
/** True for the name of a command that needs the token of the desk's own window. */
export function isPrivileged(kind: string): boolean {
  return [...PRIVILEGED].some((privileged) => privileged === kind)
}

/** Carried out even when written into control.json before the desk started: they only ever make it do less. */
export const NEVER_STALE: ReadonlySet<CommandKind> = new Set(['pause', 'freeze', 'kill'])

export const controlFileSchema = z.strictObject({
  seq: z.int().nonnegative(),
  command: commandSchema,
  by: z.string().max(100).optional(),
  at: z.string().max(40).optional(),
})

/**
 * A kill never fails on form (I5): whatever names it is carried out, and what cannot be read of it is left out.
 * @returns the kill that was meant; undefined where the input is no kill, or is one without fault
 */
export function killIn(input: unknown): Extract<Command, { kind: 'kill' }> | undefined {
  if (input === 'kill') return { kind: 'kill', positions: 'hold' }
  if (typeof input !== 'object' || input === null || Reflect.get(input, 'kind') !== 'kill') return undefined
  if (commandSchema.safeParse(input).success) return undefined
  const text: unknown = Reflect.get(input, 'reason')
  const said = reason.safeParse(typeof text === 'string' ? text.slice(0, 500) : '')
  return {
    kind: 'kill',
    positions: Reflect.get(input, 'positions') === 'flatten' ? 'flatten' : 'hold',
    ...(said.success ? { reason: said.data } : {}),
  }
}

/** A text that no parser reads and that means a kill all the same: the word alone, or as kind or command. */
const MEANS_KILL = /^\s*["']?kill["']?\s*$|\b(kind|command)["']?\s*[:=]\s*["']?kill\b/i

/** True where a text that cannot be read as a command names a kill; see `killIn`. */
export function meansKill(text: string): boolean {
  return MEANS_KILL.test(text)
}

/**
 * One clear line for a schema's refusal: `field: what is wrong`.
 * @param within how many keys of an envelope lead every path and are left out
 */
export function explain(error: z.ZodError, within = 0): string {
  return error.issues
    .map((issue) => {
      const path = issue.path.slice(within)
      const where = path.length > 0 ? `${path.join('.')}: ` : ''
      return `${where}${issue.message}`
    })
    .join('; ')
}
