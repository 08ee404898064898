import { InvariantError } from './base.ts'

/** Transition table of one state machine: state → trigger → next state. Any other transition is a broken invariant. */
type Table = Readonly<Record<string, Readonly<Record<string, string>>>>

const ORDER = {
  intent: { sign: 'signed', refuse: 'cancelled' },
  signed: { send: 'sent', refuse: 'cancelled' },
  // From here on the venue decides; every following state except `rejected` and `unknown` means that it accepted the order.
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
  // Fills remain valid when the remainder is cancelled or expires.
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

// A fill counts as exposure at once; its shares can be sold, and its profit counts, only when it is confirmed. It may fail
// even after its confirmation.
const FILL = {
  matched: { confirm: 'confirmed', fail: 'failed' },
  confirmed: { fail: 'failed' },
  failed: {},
} as const satisfies Table

const POSITION = {
  open: { end: 'ended', close: 'closed', reverse: 'closed' },
  // `voided`: its outcome will never be known, and its cost was written off by hand.
  ended: { resolve: 'resolved', close: 'closed', reverse: 'closed', void: 'voided' },
  // `reverse`: all of its purchases have failed on chain.
  resolved: { redeem: 'redeemed', reverse: 'closed' },
  redeemed: {},
  voided: {},
  // A sale that fails on chain restores the shares, before or after the end of the window.
  closed: { reopen: 'open', reopenEnded: 'ended' },
} as const satisfies Table

const VERSION = {
  candidate: { stage: 'staged', reject: 'rejected' },
  staged: { swap: 'live', tryOut: 'canary', drop: 'retired' },
  // Trades a part of its strategy's slots or stake.
  canary: { stage: 'staged', retire: 'retired', drain: 'draining', fault: 'faulted' },
  live: { retire: 'retired', drain: 'draining', fault: 'faulted' },
  // Replaced; only manages what it opened.
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
/** Every trigger of a machine, in any state. */
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
/** Whether deployments may go live; derived from freeze and cooldown, so it has no table. */
export type DeploysState = 'open' | 'frozen' | 'cooling'

/** True when a state has a transition for a trigger. */
export function allows<M extends Machine>(machine: M, state: StateOf<M>, trigger: TriggerOf<M>): boolean {
  const table: Table = LIFECYCLES[machine]
  return table[state]?.[trigger] !== undefined
}

function isStateOf<M extends Machine>(machine: M, name: string): name is StateOf<M> {
  return Object.hasOwn(LIFECYCLES[machine], name)
}

/** The state after `trigger`; an impossible transition is a broken invariant. */
export function step<M extends Machine>(machine: M, state: StateOf<M>, trigger: TriggerOf<M>): StateOf<M> {
  const table: Table = LIFECYCLES[machine]
  const next = table[state]?.[trigger]
  if (next === undefined || !isStateOf(machine, next))
    throw new InvariantError(`${machine}: "${trigger}" is not possible in state "${state}"`)
  return next
}

/** True for a state without transitions. */
export function isFinal<M extends Machine>(machine: M, state: StateOf<M>): boolean {
  const table: Table = LIFECYCLES[machine]
  return Object.keys(table[state] ?? {}).length === 0
}
