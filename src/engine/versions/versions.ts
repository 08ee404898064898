import { invariant } from '../../shared/domain/base.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import type { EngineEvent, Swap } from '../events.ts'
import { applyIntent } from '../orders/intents.ts'
import {
  type Context,
  type EngineState,
  record,
  type SlotState,
  say,
  slotOf,
  type VersionRecord,
  versionOf,
} from '../state.ts'
import type { SlotDecision } from '../views/view-types.ts'
import { assignedVersion, isAsked, isLent } from './assignment.ts'
import { endCanary, endLending, endLostCanaries } from './canary.ts'
import { beginDrain, ownersLost, recordKept } from './drain.ts'
import { transferAll } from './owners.ts'
import { admit, leaveToDesk, recordState, slotsOf, swapRefusal } from './version-entry.ts'
import { recordVersion } from './version-record.ts'

/** Moves the pointer: the new version is live, owns what the old one owned, and has its migrated state. */
export function applySwap(c: Context, swap: Swap): void {
  const { s } = c
  const refusal = swapRefusal(c, swap)
  invariant(refusal === null, `I4: swap of ${swap.label} outside the yield interval: ${refusal}`)
  const oldHash = s.live.get(swap.strategy)
  const version = admit(c, swap, 'live')
  const own = new Set(slotsOf(c, swap.strategy).map((slot) => slot.slot.id))
  const transfer = { to: swap.version, reason: swap.reason, deployment: swap.deployment } as const
  let moved = 0
  if (oldHash !== undefined && oldHash !== swap.version) {
    const old = versionOf(s, oldHash)
    // What is to be rolled back does not stay in charge of anything in the strategy's own slots.
    const stays = swap.reason === 'deployment' && s.config.handover[swap.strategy] === 'drain' && old.state === 'live'
    if (!stays) moved += transferAll(c, { from: oldHash, ...transfer }, (subject) => own.has(subject.slot))
    if (old.state !== 'live' || !beginDrain(c, old)) retire(c, old)
  }
  s.live.set(swap.strategy, swap.version)
  if (s.canaries.has(swap.strategy)) endLending(c, swap.strategy)
  forgetRetired(s)
  record(c, { t: 'live', strategy: swap.strategy, version: swap.version, deployment: swap.deployment })
  for (const { slot: id, json } of swap.states) {
    const slot = slotOf(s, id)
    slot.setState(json)
    recordState(c, slot, version)
  }
  // What a fault left with the desk goes back to the strategy's new version; what a kill left stays with the desk.
  if (s.trading !== 'killed')
    moved += transferAll(
      c,
      { from: 'desk', ...transfer },
      (subject) => own.has(subject.slot) && c.s.orphanedByFault.get(subject.id) === swap.strategy,
    )
  say(c, 'info', 'deployment', `${swap.label} is live; ${moved} open positions and orders handed over`, {
    version: swap.version,
  })
}

/** Retired versions that opened nothing which is still open are in the journal, and need not be here. */
function forgetRetired(s: EngineState): void {
  const opened = new Set<string>()
  for (const position of s.positions.values()) opened.add(position.openedBy)
  for (const order of s.orders.values()) opened.add(order.version)
  for (const { hash, state } of s.versions.values())
    if (state === 'retired' && !opened.has(hash) && !s.pending.has(hash)) s.versions.delete(hash)
}

function retire(c: Context, version: VersionRecord): void {
  if (version.state === 'live' || version.state === 'faulted') version.state = step('version', version.state, 'retire')
  version.kept.clear()
  c.s.aside.delete(version.hash)
  recordVersion(c, version)
}

/** Takes a version's answers; late ones, of an older epoch or cycle, are dropped. */
export function applyDecisions(c: Context, event: Extract<EngineEvent, { kind: 'decisions' }>): void {
  const { s } = c
  const pending = s.pending.get(event.version)
  const version = s.versions.get(event.version)
  if (
    version === undefined ||
    pending === undefined ||
    pending.epoch !== event.epoch ||
    pending.cycle !== event.cycle ||
    !isAsked(version)
  ) {
    if (version !== undefined) version.tenure.late++
    const who = version?.label ?? event.version.slice(0, 12)
    say(c, 'warn', 'late', `late answer of ${who} for cycle ${event.cycle} was dropped`, {
      version: event.version,
    })
    return
  }
  s.pending.delete(event.version)
  if (event.clean) version.faultsInRow = 0
  for (const { slot, why, state, intents } of event.decisions) {
    // A command may have given the slot away while the answer was on its way.
    if (pending.slots.has(slot) && manages(s, slotOf(s, slot), version))
      applyDecision(c, slotOf(s, slot), version, why, state, intents)
  }
}

function manages(s: EngineState, slot: SlotState, version: VersionRecord): boolean {
  return version.kept.has(slot.slot.id) || assignedVersion(s, slot) === version
}

/** Decisions that are the ones before over again: they hold on, for the same reason, with the same state. */
export function applyAgain(version: VersionRecord, count: number): void {
  version.decisions += count
}

/** @param state the new state as JSON; null when it is unchanged */
export function applyDecision(
  c: Context,
  slot: SlotState,
  version: VersionRecord,
  why: string,
  state: string | null,
  intents: SlotDecision['intents'],
): void {
  version.decisions++
  slot.decidedAt = c.s.now
  slot.lastWhy = why
  const kept = version.kept.size === 0 ? undefined : version.kept.get(slot.slot.id)
  if (kept !== undefined) keepNewState(c, slot, version, kept, state)
  else if (state !== null && state !== slot.stateJson) {
    slot.setState(state)
    recordState(c, slot, version)
  }
  for (const intent of intents) slot.lastWhy = applyIntent(c, slot, version, intent)
}

function keepNewState(
  c: Context,
  slot: SlotState,
  version: VersionRecord,
  kept: { json: string; revision: number },
  state: string | null,
): void {
  if (state === null || state === kept.json) return
  kept.json = state
  kept.revision++
  recordKept(c, version, slot)
}

/** A strategy threw, answered nonsense or did not answer (I9): it is stopped, alone, and the desk holds what it owned. */
export function applyFault(c: Context, event: Extract<EngineEvent, { kind: 'fault' }>): void {
  const { s } = c
  // One that is gone has nothing left to stop.
  const version = s.versions.get(event.version)
  if (version === undefined) return
  version.faults++
  version.faultsInRow++
  version.tenure.faults++
  if (!isAsked(version)) return
  const stop = event.fatal || version.faultsInRow >= s.config.faultsInRow
  say(c, 'error', 'fault', `${version.label}: ${event.message}`, {
    slot: event.slot,
    version: event.version,
    detail: event.message,
  })
  if (stop) stopVersion(c, version)
  recordVersion(c, version)
}

function stopVersion(c: Context, version: VersionRecord): void {
  const { s } = c
  version.state = step('version', version.state, 'fault')
  s.pending.delete(version.hash)
  if (s.canaries.get(version.strategy)?.version === version.hash)
    endCanary(c, version.strategy, 'it was stopped by a fault')
  s.aside.delete(version.hash)
  for (const id of version.kept.keys()) if (!isLent(s, slotOf(s, id), version)) version.kept.delete(id)
  const moved = leaveToDesk(c, version.hash, version.strategy, 'fault')
  const what = moved > 0 ? `the desk holds its ${moved} open positions and orders to settlement` : 'it held nothing'
  say(c, 'error', 'stopped', `${version.label} is stopped; ${what}; save a new version to trade its slots again`, {
    version: version.hash,
  })
}

/** I1: what belongs to a version that cannot be asked any more is the desk's. */
export function takeInLost(c: Context): void {
  endLostCanaries(c)
  for (const owner of ownersLost(c.s)) {
    const moved = leaveToDesk(c, owner, c.s.versions.get(owner)?.strategy ?? null, 'unloadable')
    const what = `${moved} open positions and orders of a version that cannot be loaded (${owner.slice(0, 12)})`
    say(c, 'error', 'owner', `the desk holds ${what} to settlement`)
  }
}

/** Closed candles a slot still lacks before its strategy may decide; null when it has enough. */
export function warmUpLeft({ asset }: SlotState, { manifest }: VersionRecord): string | null {
  const { history } = manifest
  const { candles } = asset
  if (
    candles['1m'].length >= history['1m'] &&
    candles['5m'].length >= history['5m'] &&
    candles['15m'].length >= history['15m']
  )
    return null
  const frame = (['1m', '5m', '15m'] as const).find((one) => candles[one].length < history[one]) ?? '1m'
  return `${candles[frame].length} of ${history[frame]} closed ${frame} candles`
}
