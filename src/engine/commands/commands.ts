import { assertNever } from '../../shared/domain/base.ts'
import type { Command } from '../../shared/domain/commands.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import { unixMs } from '../../shared/domain/time.ts'
import type { EngineEvent } from '../events.ts'
import { cancelAll } from '../orders/orders.ts'
import { type Context, record, say } from '../state.ts'
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

/** Commands that are the deployer's; all others are the engine's. */
export type DeployCommand = Extract<Command, { kind: 'reload' | 'rollback' | 'promote' | 'dismiss' }>
export type EngineCommand = Exclude<Command, DeployCommand>

export function isEngineCommand(command: Command): command is EngineCommand {
  const { kind } = command
  return kind !== 'reload' && kind !== 'rollback' && kind !== 'promote' && kind !== 'dismiss'
}

/** A condition that stands against entries has come up, has changed, or is over; each is said once. */
export function applyHold(c: Context, { about, reason }: Extract<EngineEvent, { kind: 'hold' }>): void {
  const { holds } = c.s
  const before = holds.get(about)
  if (reason === null) {
    if (before === undefined) return
    holds.delete(about)
    return say(c, 'info', 'hold', `entries are no longer held: ${before}`)
  }
  holds.set(about, reason)
  if (before !== undefined) return
  say(c, 'warn', 'hold', `entries are held: ${reason}`)
  // What rested while nobody looked rests on a price that nobody saw.
  if (about === 'reconcile') cancelAll(c)
}

/** Ends pauses and freezes whose time has come. */
export function expire(c: Context): void {
  const { s } = c
  if (s.trading === 'paused' && s.pause?.until != null && s.now >= s.pause.until) {
    say(c, 'info', 'resumed', `pause "${s.pause.reason}" is over`)
    s.trading = step('trading', s.trading, 'resume')
    s.pause = null
    recordTrading(c)
  }
  if (s.freeze?.until != null && s.now >= s.freeze.until) {
    say(c, 'info', 'unfrozen', `freeze "${s.freeze.reason}" is over`)
    setFreeze(c, null)
  }
}

/** Why the engine would refuse a command now; null when it would not. Asked before the command is carried out. */
export function commandRefusal(c: Context, command: EngineCommand): string | null {
  const { s } = c
  switch (command.kind) {
    case 'rearm':
      return s.trading === 'killed' ? null : 'nothing to re-arm: trading is not killed'
    case 'resume':
      return resumeRefusal(c, command)
    case 'unfreeze':
      return s.freeze === null ? 'deployments are not frozen' : null
    case 'pause':
      return pauseRefusal(c, command)
    case 'close':
      return closeRefusal(c, command)
    case 'void':
      return voidRefusal(c, command)
    case 'assign':
      return assignRefusal(c, command)
    case 'caps':
    case 'freeze':
    case 'kill':
      return null
    default:
      return assertNever(command)
  }
}

function pauseRefusal(c: Context, command: Extract<Command, { kind: 'pause' | 'resume' }>): string | null {
  if (command.slot !== undefined && !c.s.slots.has(command.slot)) return `no slot ${command.slot} on this desk`
  if (command.strategy !== undefined && !c.s.live.has(command.strategy))
    return `no strategy ${command.strategy} is live`
  if (c.s.trading === 'killed') return 'trading is killed; re-arm it first'
  return null
}

function resumeRefusal(c: Context, command: Extract<Command, { kind: 'resume' }>): string | null {
  const refusal = pauseRefusal(c, command)
  if (refusal !== null) return refusal
  if (command.slot !== undefined)
    return c.s.slots.get(command.slot)?.pause == null ? `${command.slot} is not paused` : null
  if (command.strategy !== undefined)
    return c.s.strategyPauses.has(command.strategy) ? null : `${command.strategy} is not paused`
  const unreadable = c.s.holds.get('settings')
  if (unreadable !== undefined) return unreadable
  if (c.s.trading === 'paused') return null
  const [held] = c.s.holds.values()
  return held === undefined ? 'trading is not paused' : `entries are held until it is over: ${held}`
}

export function applyCommand(c: Context, command: EngineCommand): void {
  const { s } = c
  switch (command.kind) {
    case 'kill':
      return kill(c, command)
    case 'rearm':
      s.trading = step('trading', s.trading, 'rearm')
      s.killReason = null
      s.flatten = false
      s.pause = null
      recordTrading(c)
      return say(c, 'warn', 'command', `re-armed: ${command.reason}`)
    case 'pause':
      return pause(c, command)
    case 'resume':
      return resume(c, command)
    case 'freeze': {
      const until = command.until === undefined ? null : unixMs(Date.parse(command.until))
      setFreeze(c, { reason: command.reason, until })
      return say(c, 'info', 'frozen', `deployments are frozen: ${command.reason}`)
    }
    case 'close':
      return closePosition(c, command)
    case 'void':
      return voidPosition(c, command)
    case 'assign':
      return assignSlot(c, command)
    case 'caps':
      return changeCaps(c, command)
    case 'unfreeze':
      setFreeze(c, null)
      return say(c, 'info', 'unfrozen', `deployments are open again: ${command.reason}`)
    default:
      return assertNever(command)
  }
}

function kill(c: Context, command: Extract<Command, { kind: 'kill' }>): void {
  const { s } = c
  s.trading = step('trading', s.trading, 'kill')
  s.killReason = command.reason ?? 'killed by hand'
  s.pause = null
  s.flatten = command.positions === 'flatten'
  recordTrading(c)
  // Fills that are already on their way belong to the desk.
  for (const owner of new Set([...s.orders.values()].map((order) => order.owner))) {
    if (owner === 'desk') continue
    transferAll(c, { from: owner, to: 'desk', reason: 'kill', deployment: null }, (subject) => 'limit' in subject)
  }
  const asked = cancelAll(c)
  say(c, 'error', 'kill', `KILLED (${command.positions}): ${s.killReason}; ${asked} open orders are being cancelled`)
}

function pause(c: Context, command: Extract<Command, { kind: 'pause' }>): void {
  const pause = { reason: command.reason, until: null }
  if (command.slot !== undefined) {
    const slot = c.s.slots.get(command.slot)
    if (slot !== undefined) slot.pause = pause
    record(c, { t: 'pause', of: 'slot', name: command.slot, reason: command.reason })
  }
  if (command.strategy !== undefined) {
    c.s.strategyPauses.set(command.strategy, pause)
    record(c, { t: 'pause', of: 'strategy', name: command.strategy, reason: command.reason })
  }
  if (command.slot === undefined && command.strategy === undefined) pauseEntries(c, command.reason, null)
  say(c, 'warn', 'command', `${command.slot ?? command.strategy ?? 'all entries'} paused: ${command.reason}`)
}

function resume(c: Context, command: Extract<Command, { kind: 'resume' }>): void {
  const { s } = c
  if (command.slot !== undefined) {
    const slot = s.slots.get(command.slot)
    if (slot !== undefined) slot.pause = null
    record(c, { t: 'pause', of: 'slot', name: command.slot, reason: null })
  }
  if (command.strategy !== undefined) {
    s.strategyPauses.delete(command.strategy)
    record(c, { t: 'pause', of: 'strategy', name: command.strategy, reason: null })
  }
  if (command.slot === undefined && command.strategy === undefined) {
    s.trading = step('trading', s.trading, 'resume')
    s.pause = null
    recordTrading(c)
  }
  say(c, 'info', 'command', `${command.slot ?? command.strategy ?? 'all entries'} resumed`)
}
