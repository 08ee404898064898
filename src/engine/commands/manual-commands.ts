import type { Command } from '../../shared/domain/commands.ts'
import { type Refusal, refusal } from '../../shared/domain/commands.ts'
import type { PositionId } from '../../shared/domain/ids.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import { NO_USD, usdOf } from '../../shared/domain/money.ts'
import type { Position } from '../../shared/domain/records.ts'
import type { Caps } from '../../shared/domain/settings.ts'
import { isoUtc } from '../../shared/domain/time.ts'

import { negative } from '../orders/ledger.ts'
import { cancelAll } from '../orders/orders.ts'
import { slotGroupsOf } from '../slot-state.ts'
import { type Context, isUnsettleable, logEvent, record, unconfirmedFill, workingOrders } from '../state.ts'
import { assignedVersion } from '../versions/assignment.ts'
import { publishAssignment } from '../versions/canary.ts'
import { retainState, slotsOwned } from '../versions/drain.ts'
import { transferAll } from '../versions/owners.ts'
import { forgetFills } from '../windows/settlement.ts'

type CommandOf<K extends Command['kind']> = Extract<Command, { kind: K }>

function positionOf(context: Context, id: PositionId): Position | undefined {
  return context.state.positions.get(id)
}

/** Why a position cannot be closed by hand; null when it can. */
export function closeRefusal(context: Context, { position: id }: CommandOf<'close'>): Refusal | null {
  if (context.state.trading === 'killed')
    return refusal('killed', 'trading is killed: kill again with positions "flatten" to sell, or re-arm first')
  const position = positionOf(context, id)
  if (position === undefined) return refusal('unknown', `no position ${id} is open`)
  if (isUnsettleable(context.state, position))
    return refusal('never', `${id} cannot be sold: prices for its outcome are missing; void it instead`)
  if (position.state !== 'open')
    return refusal('never', `${id} cannot be sold: its window has ended, it is held to settlement`)
  if (context.state.closing.has(position.id)) return refusal('no-effect', `${id} is already being sold`)
  return null
}

/**
 * Transfers a position to the desk, which sells it at the best bid, every cycle until it is sold or its window ends. Its slot
 * is paused for the rest of that window.
 */
export function closePosition(context: Context, { position: id, reason }: CommandOf<'close'>): void {
  const position = positionOf(context, id)
  if (position === undefined) return
  const { windowId } = position
  if (position.ownedBy !== 'desk') {
    const transfer = { from: position.ownedBy, to: 'desk', reason: 'close', deployment: null } as const
    transferAll(context, transfer, (subject) => subject.windowId === windowId)
  }
  cancelAll(context, (order) => order.windowId === windowId)
  context.state.closing.add(position.id)
  const slot = context.state.slots.get(position.slot)
  if (slot !== undefined && slot.pause === null)
    slot.pause = {
      reason: 'its position is being closed by hand: no entries in this window',
      until: position.windowEnd,
    }
  logEvent(context, 'warn', 'command', `${id} is being sold by hand${reason === undefined ? '' : `: ${reason}`}`, {
    slot: position.slot,
  })
}

/** Why a position cannot be voided; null when it can. */
export function voidRefusal(context: Context, { position: id, token }: CommandOf<'void'>): Refusal | null {
  const position = positionOf(context, id)
  if (position === undefined) return refusal('unknown', `no position ${id} is open`)
  if (position.state !== 'ended')
    return refusal('not-yet', `${id} is ${position.state}: only a position whose window has ended can be voided`)
  if (!isUnsettleable(context.state, position)) {
    const from = isoUtc(position.windowEnd + context.state.config.unsettledAfterMs)
    return refusal('not-yet', `the outcome of ${id} may still come: it can be voided from ${from} on`)
  }
  const [working] = workingOrders(context.state, position.windowId)
  if (working !== undefined)
    return refusal('not-yet', `${working.id} of ${id} is still ${working.state}: its result must be known first`)
  const fill = unconfirmedFill(context.state, position.windowId)
  if (fill !== undefined)
    return refusal('not-yet', `fill ${fill.id} of ${id} is not confirmed: it may still be reversed`)
  if (context.state.config.market === 'live' && token !== position.windowId)
    return refusal(
      'unconfirmed',
      `with live money, voiding needs the window as a token: "token": "${position.windowId}"`,
    )
  return null
}

/**
 * Writes off an unsettleable position: its cost moves to a separate account (I10). It does not count as a trade in any
 * version's figures.
 */
export function voidPosition(context: Context, { position: id, reason }: CommandOf<'void'>): void {
  const position = positionOf(context, id)
  if (position === undefined) return
  const { cost, slot } = position
  const entry = context.state.ledger.post(context.state.now, 'void', position.id, {
    cost: negative(cost),
    voided: cost,
  })
  record(context, { t: 'ledger', entry })
  position.state = step('position', position.state, 'void')
  position.cost = NO_USD
  position.settledAt = context.state.now
  record(context, { t: 'position', position: { ...position } })
  context.state.positions.delete(position.id)
  forgetFills(context.state, position.id)
  context.state.unsettleable.delete(position.id)
  logEvent(
    context,
    'warn',
    'command',
    `${id} in ${slot} is voided by hand, $${(cost / 1e6).toFixed(2)} written off: ${reason}`,
    {
      slot,
    },
  )
}

/** Why a slot cannot be assigned to a strategy; null when it can. */
export function assignRefusal(context: Context, { slot: id, strategy }: CommandOf<'assign'>): Refusal | null {
  const slot = context.state.slots.get(id)
  if (slot === undefined) return refusal('unknown', `this desk has no slot ${id}`)
  if (slot.strategy === strategy) return refusal('no-effect', `${id} is already assigned to ${strategy}`)
  return null
}

/** Assigns a slot to another strategy; the previous version manages what it has open in it until that has settled. */
export function assignSlot(context: Context, { slot: id, strategy, reason }: CommandOf<'assign'>): void {
  const { state } = context
  const slot = state.slots.get(id)
  if (slot === undefined) return
  const before = slot.strategy
  const version = assignedVersion(state, slot)
  if (version !== undefined && slotsOwned(state, version.hash).has(slot.id)) {
    retainState(context, version, slot)
    state.residual.add(version.hash)
  }
  slot.strategy = strategy
  const wasCanary = slot.canary
  slot.canary = false
  slot.warmFor = null
  slot.setState('null')
  slot.lastWhy = `assigned to ${strategy}`
  if (wasCanary && before !== null) publishAssignment(context, before)
  state.slotGroups = slotGroupsOf(state.slots.values())
  record(context, { t: 'setting', setting: { name: 'assignment', slot: slot.id, strategy } })
  const why = reason === undefined ? '' : `: ${reason}`
  logEvent(context, 'warn', 'command', `${id} is reassigned from ${before ?? 'no strategy'} to ${strategy}${why}`, {
    slot: slot.id,
  })
}

/** I12: caps change only by a journaled command with a reason. */
export function changeCaps(context: Context, command: CommandOf<'caps'>): void {
  const { caps } = context.state
  const dollars = (amount: number | undefined, before: Caps['lossPerDay']) =>
    amount === undefined ? before : usdOf(amount)
  context.state.caps = {
    stakePerOrder: dollars(command.stakePerOrderUsd, caps.stakePerOrder),
    exposurePerWindow: dollars(command.exposurePerWindowUsd, caps.exposurePerWindow),
    exposurePerAsset: dollars(command.exposurePerAssetUsd, caps.exposurePerAsset),
    exposurePerAccount: dollars(command.exposurePerAccountUsd, caps.exposurePerAccount),
    ordersPerMinute: command.ordersPerMinute ?? caps.ordersPerMinute,
    lossPerDay: dollars(command.lossPerDayUsd, caps.lossPerDay),
  }
  record(context, { t: 'setting', setting: { name: 'caps', caps: context.state.caps } })
  const { kind: _, reason, ...changed } = command
  const changes = Object.entries(changed).map(([name, value]) => `${name} ${value}`)
  logEvent(context, 'warn', 'command', `caps changed: ${changes.join(', ')}: ${reason}`)
}
