import { InvariantError } from './base.ts'

/**
 * One table a machine: state → trigger → next state. What is not in a table cannot happen;
 * trying it is a broken invariant and names both.
 */
type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

const ORDER = {
  intent: { sign: 'signed', refuse: 'cancelled' },
  signed: { send: 'sent', refuse: 'cancelled' },
  // From here on the venue decides: delayed, open, partial, filled, cancelled and expired mean that it accepted the order.
  sent: {
    delay: 'delayed',
    rest: 'open',
    fillPart: 'partial',
    fill: 'filled',
    cancel: 'cancelled',
    expire: 'expired',
    reject: 'rejected',
    lose: 'unknown',
  },
  delayed: {
    rest: 'open',
    fillPart: 'partial',
    fill: 'filled',
    cancel: 'cancelled',
    expire: 'expired',
    reject: 'rejected',
    lose: 'unknown',
  },
  open: { fillPart: 'partial', fill: 'filled', cancel: 'cancelled', expire: 'expired', lose: 'unknown' },
  // Fills stand when the rest is cancelled or expires.
  partial: { fillPart: 'partial', fill: 'filled', cancel: 'cancelled', expire: 'expired', lose: 'unknown' },
  unknown: {
    delay: 'delayed',
    rest: 'open',
    fillPart: 'partial',
    fill: 'filled',
    cancel: 'cancelled',
    expire: 'expired',
    reject: 'rejected',
  },
  filled: {},
  cancelled: {},
  expired: {},
  rejected: {},
} as const satisfies Table

// A fill counts as exposure at once; it can be sold, and its profit counts, only once it is confirmed. A venue may report a
// failure even after its confirmation.
const FILL = {
  matched: { confirm: 'confirmed', fail: 'failed' },
  confirmed: { fail: 'failed' },
  failed: {},
} as const satisfies Table

const POSITION = {
  open: { end: 'ended', close: 'closed', reverse: 'closed' },
  // Voided by hand: nothing will ever tell its outcome, and its cost is written off.
  ended: { resolve: 'resolved', close: 'closed', reverse: 'closed', void: 'voided' },
  // The last of its shares can turn out never to have been bought.
  resolved: { redeem: 'redeemed', reverse: 'closed' },
  redeemed: {},
  voided: {},
  // A sale that fails on chain brings the shares back, before or after the end of the window.
  closed: { reopen: 'open', reopenEnded: 'ended' },
} as const satisfies Table

const VERSION = {
  candidate: { stage: 'staged', reject: 'rejected' },
  staged: { swap: 'live', tryOut: 'canary', drop: 'retired' },
  // In charge of a part of its strategy's slots, or of their stake.
  canary: { stage: 'staged', retire: 'retired', drain: 'draining', fault: 'faulted' },
  live: { retire: 'retired', drain: 'draining', fault: 'faulted' },
  // Replaced, and kept only to manage what it opened.
  draining: { retire: 'retired', fault: 'faulted', stage: 'staged' },
  retired: { stage: 'staged' },
  faulted: { stage: 'staged', retire: 'retired' },
  rejected: { stage: 'staged' },
} as const satisfies Table

const DEPLOYMENT = {
  detected: { compile: 'compiling', stage: 'staging', fail: 'failed', supersede: 'superseded' },
  compiling: { check: 'checking', fail: 'failed', supersede: 'superseded' },
  checking: { prove: 'proving', stage: 'staging', fail: 'failed', supersede: 'superseded' },
  proving: { policy: 'waiting', fail: 'failed', supersede: 'superseded' },
  waiting: { stage: 'staging', fail: 'failed', supersede: 'superseded' },
  staging: { swap: 'swapping', fail: 'failed', supersede: 'superseded' },
  swapping: { tryOut: 'canary', probate: 'probation', keep: 'kept', fail: 'failed', supersede: 'superseded' },
  canary: { probate: 'probation', keep: 'kept', rollBack: 'rolled-back', supersede: 'superseded' },
  probation: { keep: 'kept', rollBack: 'rolled-back', fail: 'failed', supersede: 'superseded' },
  kept: {},
  failed: {},
  superseded: {},
  'rolled-back': {},
} as const satisfies Table

const TRADING = {
  running: { pause: 'paused', kill: 'killed' },
  paused: { pause: 'paused', resume: 'running', kill: 'killed' },
  killed: { kill: 'killed', rearm: 'running' },
} as const satisfies Table

export const LIFECYCLES = {
  order: ORDER,
  fill: FILL,
  position: POSITION,
  version: VERSION,
  deployment: DEPLOYMENT,
  trading: TRADING,
} as const

export type Machine = keyof typeof LIFECYCLES
export type StateOf<M extends Machine> = keyof (typeof LIFECYCLES)[M] & string
/** Every trigger that some state of the machine knows. */
export type TriggerOf<M extends Machine> = {
  [S in keyof (typeof LIFECYCLES)[M]]: keyof (typeof LIFECYCLES)[M][S]
}[keyof (typeof LIFECYCLES)[M]] &
  string

export type OrderState = StateOf<'order'>
export type FillState = StateOf<'fill'>
export type PositionState = StateOf<'position'>
export type VersionState = StateOf<'version'>
export type DeploymentState = StateOf<'deployment'>
export type TradingState = StateOf<'trading'>
/** Whether new code may go live. Derived from freeze and cooldown, so it has no table. */
export type DeploysState = 'open' | 'frozen' | 'cooling'

/** True where the table has an entry for the pair. */
export function allows<M extends Machine>(machine: M, state: StateOf<M>, trigger: TriggerOf<M>): boolean {
  const table: Table = LIFECYCLES[machine]
  return table[state]?.[trigger] !== undefined
}

/** The state after `trigger`; an illegal pair is a broken invariant. */
export function step<M extends Machine>(machine: M, state: StateOf<M>, trigger: TriggerOf<M>): StateOf<M> {
  const table: Table = LIFECYCLES[machine]
  const next = table[state]?.[trigger]
  if (next === undefined) throw new InvariantError(`${machine}: "${trigger}" is not possible in state "${state}"`)
  return next as StateOf<M>
}

/** True for a state that no trigger leaves. */
export function isFinal<M extends Machine>(machine: M, state: StateOf<M>): boolean {
  const table: Table = LIFECYCLES[machine]
  return Object.keys(table[state] ?? {}).length === 0
}
