import { z } from 'zod'
import { positionIdSchema, slotIdSchema } from './schemas.ts'

/**
 * Schema of all commands from every source: control.json, HTTP, command line, IPC and tray. Unknown keys are refused, so that
 * a misspelt field is never silently ignored.
 */
export const strategyNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a strategy name is lower case letters, digits and -')
const versionHash = z.string().regex(/^[0-9a-f]{6,64}$/, 'a version is named by 6 to 64 hex digits of its hash')
const reason = z.string().trim().min(1, 'say why in a few words').max(500)

const capUsd = z.number().positive().max(1_000_000).optional()
const instant = z.iso.datetime({ offset: true })

/** Part of a strategy's slots or stake that a canary trades. */
const partOf = {
  slots: z.array(slotIdSchema).min(1).max(1_000).optional(),
  stakePercent: z.number().positive().max(100).optional(),
}

function partIsCanary(command: { as?: string | undefined; slots?: unknown; stakePercent?: unknown }): boolean {
  return command.as === 'canary' || (command.slots === undefined && command.stakePercent === undefined)
}

const PART = 'slots and stakePercent are for a canary: add "as": "canary"'

export const commandSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('reload'),
      strategy: strategyNameSchema.optional(),
      hash: versionHash.optional(),
      /** Deploys the stored version named by `hash` instead of the current files. */
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

/**
 * Why a command is refused, for programs; its message explains it to people.
 * - `invalid`: not a command, or its parts contradict each other
 * - `unknown`: it names a strategy, slot, position, version or candidate that does not exist
 * - `ambiguous`: what it names is not the only one
 * - `no-effect`: what it asks for is so already, or there is nothing to end
 * - `killed`: trading is killed
 * - `not-yet`: possible later, by itself
 * - `never`: not possible any more, or for what it names
 * - `unconfirmed`: it needs a token, or KILL must be deleted first
 * - `changed`: the files are no longer what was looked at
 * - `policy`: a rule of deployments holds it back
 * - `stale`: written before the desk started, or carried out already
 */
export const REFUSAL_CODES = [
  'invalid',
  'unknown',
  'ambiguous',
  'no-effect',
  'killed',
  'not-yet',
  'never',
  'unconfirmed',
  'changed',
  'policy',
  'stale',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

/** Why a command is not carried out. */
export interface Refusal {
  readonly code: RefusalCode
  /** What is wrong and what to do, for people only. */
  readonly message: string
}

export function refusal(code: RefusalCode, message: string): Refusal {
  return { code, message }
}

/** Result of a command: `refused` by a rule, `failed` in the attempt, or `done`. */
export interface CommandOutcome {
  readonly id: string
  readonly outcome: 'done' | 'refused' | 'failed'
  /** Null unless it was refused. */
  readonly code: RefusalCode | null
  /** What happened, what still runs and what to do, in one or two sentences; for people only. */
  readonly message: string
}

/** Commands that require the window's token; the other token may read, pause, freeze and kill. */
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
/** True for the name of a command that requires the window's token. */
export function isPrivileged(kind: string): boolean {
  return [...PRIVILEGED].some((privileged) => privileged === kind)
}

/** Carried out even if written to control.json before the desk started, because they only reduce activity. */
export const NEVER_STALE: ReadonlySet<CommandKind> = new Set(['pause', 'freeze', 'kill'])

export const controlFileSchema = z.strictObject({
  seq: z.int().nonnegative(),
  command: commandSchema,
  by: z.string().max(100).optional(),
  at: z.string().max(40).optional(),
})

/**
 * Recovers a kill from malformed input (I5): a kill is carried out whatever its form, without the fields that are invalid.
 * @returns the intended kill; undefined if the input is not a kill, or is a valid command
 */
export function killIn(input: unknown): Extract<Command, { kind: 'kill' }> | undefined {
  if (input === 'kill') return { kind: 'kill', positions: 'hold' }
  if (typeof input !== 'object' || input === null || Reflect.get(input, 'kind') !== 'kill') return undefined
  if (commandSchema.safeParse(input).success) return undefined
  const text: unknown = Reflect.get(input, 'reason')
  const given = reason.safeParse(typeof text === 'string' ? text.slice(0, 500) : '')
  return {
    kind: 'kill',
    positions: Reflect.get(input, 'positions') === 'flatten' ? 'flatten' : 'hold',
    ...(given.success ? { reason: given.data } : {}),
  }
}

/** An unparsable text that means a kill: the word alone, or as the value of `kind` or `command`. */
const MEANS_KILL = /^\s*["']?kill["']?\s*$|\b(kind|command)["']?\s*[:=]\s*["']?kill\b/i

/** True when a text that is not a valid command means a kill; see `killIn`. */
export function meansKill(text: string): boolean {
  return MEANS_KILL.test(text)
}

/**
 * All issues of a schema error in one line: `field: problem; …`.
 * @param within number of leading keys to omit from every path
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
