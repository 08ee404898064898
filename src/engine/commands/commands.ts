import { assertNever } from '../../shared/domain/base.ts'
import type { Command } from '../../shared/domain/commands.ts'
import { type Refusal, refusal } from '../../shared/domain/commands.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import { unixMs } from '../../shared/domain/time.ts'
import type { EngineEvent } from '../events.ts'
import { cancelAll } from '../orders/orders.ts'
import { type Context, logEvent, record } from '../state.ts'
import { transferAll } from '../versions/owners.ts'
import {
  assignRefusal,
  assignSlot,
  changeCaps,
  closePosition,
  closeRefusal,
  voidPosition,
  voidRefusal,
} from './manual-commands.ts'
import { pauseEntries, recordTrading, setFreeze } from './trading.ts'

/** Commands handled by the deployer; the engine handles all others. */
export type DeployCommand = Extract<Command, { kind: 'reload' | 'rollback' | 'promote' | 'dismiss' }>
export type EngineCommand = Exclude<Command, DeployCommand>

export function isEngineCommand(command: Command): command is EngineCommand {
  const { kind } = command
  return kind !== 'reload' && kind !== 'rollback' && kind !== 'promote' && kind !== 'dismiss'
}

/** Sets, updates or ends a hold on entries; its start and its end are logged. */
export function applyHold(context: Context, { about, reason }: Extract<EngineEvent, { kind: 'hold' }>): void {
  const { holds } = context.state
  const before = holds.get(about)
  if (reason === null) {
    if (before === undefined) return
    holds.delete(about)
    return logEvent(context, 'info', 'hold', `entries are no longer held: ${before}`)
  }
  holds.set(about, reason)
  if (before !== undefined) return
  logEvent(context, 'warn', 'hold', `entries are held: ${reason}`)
  // Orders that rested while the desk was not running were placed at prices that may be outdated.
  if (about === 'reconcile') cancelAll(context)
}

/** Ends expired pauses and freezes. */
export function expire(context: Context): void {
  const { state } = context
  if (state.trading === 'paused' && state.pause?.until != null && state.now >= state.pause.until) {
    logEvent(context, 'info', 'resumed', `pause "${state.pause.reason}" is over`)
    state.trading = step('trading', state.trading, 'resume')
    state.pause = null
    recordTrading(context)
  }
  if (state.freeze?.until != null && state.now >= state.freeze.until) {
    logEvent(context, 'info', 'unfrozen', `freeze "${state.freeze.reason}" is over`)
    setFreeze(context, null)
  }
}

/** Why the engine would refuse a command now; null when it would accept it. Checked before the command is applied. */
export function commandRefusal(context: Context, command: EngineCommand): Refusal | null {
  const { state } = context
  switch (command.kind) {
    case 'rearm':
      return state.trading === 'killed' ? null : refusal('no-effect', 'nothing to re-arm: trading is not killed')
    case 'resume':
      return resumeRefusal(context, command)
    case 'unfreeze':
      return state.freeze === null ? refusal('no-effect', 'deployments are not frozen') : null
    case 'pause':
      return pauseRefusal(context, command)
    case 'close':
      return closeRefusal(context, command)
    case 'void':
      return voidRefusal(context, command)
    case 'assign':
      return assignRefusal(context, command)
    case 'caps':
    case 'freeze':
    case 'kill':
      return null
    default:
      return assertNever(command)
  }
}

function pauseRefusal(context: Context, command: Extract<Command, { kind: 'pause' | 'resume' }>): Refusal | null {
  if (command.slot !== undefined && !context.state.slots.has(command.slot))
    return refusal('unknown', `this desk has no slot ${command.slot}`)
  if (command.strategy !== undefined && !context.state.live.has(command.strategy))
    return refusal('unknown', `no version of strategy ${command.strategy} is live`)
  if (context.state.trading === 'killed') return refusal('killed', 'trading is killed; re-arm it first')
  return null
}

function resumeRefusal(context: Context, command: Extract<Command, { kind: 'resume' }>): Refusal | null {
  const refused = pauseRefusal(context, command)
  if (refused !== null) return refused
  if (command.slot !== undefined)
    return context.state.slots.get(command.slot)?.pause == null
      ? refusal('no-effect', `${command.slot} is not paused`)
      : null
  if (command.strategy !== undefined)
    return context.state.strategyPauses.has(command.strategy)
      ? null
      : refusal('no-effect', `${command.strategy} is not paused`)
  const unreadable = context.state.holds.get('settings')
  if (unreadable !== undefined) return refusal('never', unreadable)
  if (context.state.trading === 'paused') return null
  const [held] = context.state.holds.values()
  return held === undefined
    ? refusal('no-effect', 'trading is not paused')
    : refusal('not-yet', `entries are held until this ends: ${held}`)
}

export function applyCommand(context: Context, command: EngineCommand): void {
  const { state } = context
  switch (command.kind) {
    case 'kill':
      return kill(context, command)
    case 'rearm':
      state.trading = step('trading', state.trading, 'rearm')
      state.killReason = null
      state.flatten = false
      state.pause = null
      recordTrading(context)
      return logEvent(context, 'warn', 'command', `re-armed: ${command.reason}`)
    case 'pause':
      return pause(context, command)
    case 'resume':
      return resume(context, command)
    case 'freeze': {
      const until = command.until === undefined ? null : unixMs(Date.parse(command.until))
      setFreeze(context, { reason: command.reason, until })
      return logEvent(context, 'info', 'frozen', `deployments are frozen: ${command.reason}`)
    }
    case 'close':
      return closePosition(context, command)
    case 'void':
      return voidPosition(context, command)
    case 'assign':
      return assignSlot(context, command)
    case 'caps':
      return changeCaps(context, command)
    case 'unfreeze':
      setFreeze(context, null)
      return logEvent(context, 'info', 'unfrozen', `deployments are allowed again: ${command.reason}`)
    default:
      return assertNever(command)
  }
}

function kill(context: Context, command: Extract<Command, { kind: 'kill' }>): void {
  const { state } = context
  state.trading = step('trading', state.trading, 'kill')
  state.killReason = command.reason ?? 'killed by hand'
  state.pause = null
  state.flatten = command.positions === 'flatten'
  recordTrading(context)
  // The desk owns fills that are already in flight.
  for (const owner of new Set([...state.orders.values()].map((order) => order.owner))) {
    if (owner === 'desk') continue
    transferAll(context, { from: owner, to: 'desk', reason: 'kill', deployment: null }, (subject) => 'limit' in subject)
  }
  const cancelling = cancelAll(context)
  logEvent(
    context,
    'error',
    'kill',
    `KILLED (${command.positions}): ${state.killReason}; ${cancelling} open orders are being cancelled`,
  )
}

function pause(context: Context, command: Extract<Command, { kind: 'pause' }>): void {
  const pause = { reason: command.reason, until: null }
  if (command.slot !== undefined) {
    const slot = context.state.slots.get(command.slot)
    if (slot !== undefined) slot.pause = pause
    record(context, { t: 'pause', of: 'slot', name: command.slot, reason: command.reason })
  }
  if (command.strategy !== undefined) {
    context.state.strategyPauses.set(command.strategy, pause)
    record(context, { t: 'pause', of: 'strategy', name: command.strategy, reason: command.reason })
  }
  if (command.slot === undefined && command.strategy === undefined) pauseEntries(context, command.reason, null)
  logEvent(context, 'warn', 'command', `${command.slot ?? command.strategy ?? 'all entries'} paused: ${command.reason}`)
}

function resume(context: Context, command: Extract<Command, { kind: 'resume' }>): void {
  const { state } = context
  if (command.slot !== undefined) {
    const slot = state.slots.get(command.slot)
    if (slot !== undefined) slot.pause = null
    record(context, { t: 'pause', of: 'slot', name: command.slot, reason: null })
  }
  if (command.strategy !== undefined) {
    state.strategyPauses.delete(command.strategy)
    record(context, { t: 'pause', of: 'strategy', name: command.strategy, reason: null })
  }
  if (command.slot === undefined && command.strategy === undefined) {
    state.trading = step('trading', state.trading, 'resume')
    state.pause = null
    recordTrading(context)
  }
  logEvent(context, 'info', 'command', `${command.slot ?? command.strategy ?? 'all entries'} resumed`)
}
