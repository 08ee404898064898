import { broken } from '../../shared/domain/base.ts'
import { step } from '../../shared/domain/lifecycles.ts'
import type { EngineEvent, Swap } from '../events.ts'
import { applyIntent } from '../orders/intents.ts'
import type { SlotState, VersionRecord } from '../slot-state.ts'
import { type Context, type EngineState, logEvent, record, slotOf, versionOf } from '../state.ts'
import type { SlotDecision } from '../views/view-types.ts'
import { assignedVersion, isInCanary, mustEvaluate } from './assignment.ts'
import { endCanary, endUnavailableCanaries, keepCanarySlots } from './canary.ts'
import { beginDrain, recordRetained, unavailableOwners } from './drain.ts'
import { transferAll } from './owners.ts'
import { swapRefusalText } from './swap-refusal.ts'
import { recordState, registerVersion, slotsOf, swapRefusal, transferToDesk } from './version-entry.ts'
import { recordVersion } from './version-record.ts'

/** Makes a version live: it takes over positions, orders and migrated state of the old one. */
export function applySwap(context: Context, swap: Swap): void {
  const { state } = context
  const refusal = swapRefusal(context, swap)
  if (refusal !== null) broken(`I4: swap of ${swap.label} outside the yield interval: ${swapRefusalText(refusal)}`)
  const oldHash = state.live.get(swap.strategy)
  const version = registerVersion(context, swap, 'live')
  const own = new Set(slotsOf(context.state, swap.strategy).map((slot) => slot.id))
  const transfer = { to: swap.version, reason: swap.reason, deployment: swap.deployment } as const
  let moved = 0
  if (oldHash !== undefined && oldHash !== swap.version) {
    const old = versionOf(state, oldHash)
    // A version that is rolled back does not drain: it keeps nothing in the strategy's slots.
    const drains =
      swap.reason === 'deployment' && state.config.handover[swap.strategy] === 'drain' && old.state === 'live'
    if (!drains) moved += transferAll(context, { from: oldHash, ...transfer }, (subject) => own.has(subject.slot))
    if (old.state !== 'live' || !beginDrain(context, old)) retire(context, old)
  }
  state.live.set(swap.strategy, swap.version)
  if (state.canaries.has(swap.strategy)) keepCanarySlots(context, swap.strategy)
  forgetRetired(state)
  record(context, { t: 'live', strategy: swap.strategy, version: swap.version, deployment: swap.deployment })
  for (const { slot: id, json } of swap.states) {
    const slot = slotOf(state, id)
    slot.setState(json)
    recordState(context, slot, version)
  }
  // The new version takes over what the desk holds after a fault, but not what it holds after a kill.
  if (state.trading !== 'killed')
    moved += transferAll(
      context,
      { from: 'desk', ...transfer },
      (subject) => own.has(subject.slot) && context.state.heldForNextVersion.get(subject.id) === swap.strategy,
    )
  logEvent(context, 'info', 'deployment', `${swap.label} is live; ${moved} open positions and orders handed over`, {
    version: swap.version,
  })
}

/** Drops retired versions that opened nothing still open; the journal has their history. */
function forgetRetired(state: EngineState): void {
  const opened = new Set<string>()
  for (const position of state.positions.values()) opened.add(position.openedBy)
  for (const order of state.orders.values()) opened.add(order.version)
  for (const version of state.versions.values()) {
    const { hash } = version
    if (version.state === 'retired' && !opened.has(hash) && !state.pending.has(hash)) state.versions.delete(hash)
  }
}

function retire(context: Context, version: VersionRecord): void {
  if (version.state === 'live' || version.state === 'faulted') version.state = step('version', version.state, 'retire')
  version.retained.clear()
  context.state.residual.delete(version.hash)
  recordVersion(context, version)
}

/** Applies a version's decisions; late ones, of an older epoch or cycle, are dropped. */
export function applyDecisions(context: Context, event: Extract<EngineEvent, { kind: 'decisions' }>): void {
  const { state } = context
  const pending = state.pending.get(event.version)
  const version = state.versions.get(event.version)
  if (
    version === undefined ||
    pending === undefined ||
    pending.epoch !== event.epoch ||
    pending.cycle !== event.cycle ||
    !mustEvaluate(version)
  ) {
    if (version !== undefined) version.tenure.late++
    const label = version?.label ?? event.version.slice(0, 12)
    logEvent(context, 'warn', 'late', `late answer of ${label} for cycle ${event.cycle} was dropped`, {
      version: event.version,
    })
    return
  }
  state.pending.delete(event.version)
  if (event.clean) version.faultsInRow = 0
  for (const decision of event.decisions) {
    // The slot may have been reassigned by a command since the evaluation was requested.
    if (!pending.slots.has(decision.slot)) continue
    const slot = slotOf(state, decision.slot)
    if (manages(state, slot, version))
      applyDecision(context, slot, version, decision.why, decision.state, decision.intents)
  }
}

function manages(state: EngineState, slot: SlotState, version: VersionRecord): boolean {
  return version.retained.has(slot.id) || assignedVersion(state, slot) === version
}

/** Counts decisions that repeat the previous one: no intents, same reason, same state. */
export function countRepeated(version: VersionRecord, count: number): void {
  version.decisions += count
}

/** Applies one decision. @param state the new state as JSON; null when it is unchanged */
export function applyDecision(
  context: Context,
  slot: SlotState,
  version: VersionRecord,
  why: string,
  state: string | null,
  intents: SlotDecision['intents'],
): void {
  version.decisions++
  slot.decidedAt = context.state.now
  slot.lastWhy = why
  const retained = version.retained.size === 0 ? undefined : version.retained.get(slot.id)
  if (retained !== undefined) updateRetained(context, slot, version, retained, state)
  else if (state !== null && state !== slot.stateJson) {
    slot.setState(state)
    recordState(context, slot, version)
  }
  for (const intent of intents) slot.lastWhy = applyIntent(context, slot, version, intent)
}

function updateRetained(
  context: Context,
  slot: SlotState,
  version: VersionRecord,
  retained: { json: string; revision: number },
  state: string | null,
): void {
  if (state === null || state === retained.json) return
  retained.json = state
  retained.revision++
  recordRetained(context, version, slot)
}

/** Counts a fault and stops the version if it is fatal or one too many in a row; other versions are not affected (I9). */
export function applyFault(context: Context, event: Extract<EngineEvent, { kind: 'fault' }>): void {
  const { state } = context
  // The version may have been retired and dropped meanwhile.
  const version = state.versions.get(event.version)
  if (version === undefined) return
  version.faults++
  version.faultsInRow++
  version.tenure.faults++
  if (!mustEvaluate(version)) return
  const stop = event.fatal || version.faultsInRow >= state.config.faultsInRow
  logEvent(context, 'error', 'fault', `${version.label}: ${event.message}`, {
    slot: event.slot,
    version: event.version,
    detail: event.message,
  })
  if (stop) stopVersion(context, version)
  recordVersion(context, version)
}

function stopVersion(context: Context, version: VersionRecord): void {
  const { state } = context
  version.state = step('version', version.state, 'fault')
  state.pending.delete(version.hash)
  if (state.canaries.get(version.strategy)?.version === version.hash)
    endCanary(context, version.strategy, 'it was stopped by a fault')
  state.residual.delete(version.hash)
  for (const id of version.retained.keys())
    if (!isInCanary(state, slotOf(state, id), version)) version.retained.delete(id)
  const moved = transferToDesk(context, version.hash, version.strategy, 'fault')
  const handed = moved > 0 ? `the desk holds its ${moved} open positions and orders to settlement` : 'it held nothing'
  logEvent(
    context,
    'error',
    'stopped',
    `${version.label} is stopped; ${handed}; save a new version to trade its slots again`,
    {
      version: version.hash,
    },
  )
}

/** Transfers to the desk what belongs to versions that cannot be evaluated (I1). */
export function takeOverUnmanaged(context: Context): void {
  endUnavailableCanaries(context)
  for (const owner of unavailableOwners(context.state)) {
    const moved = transferToDesk(context, owner, context.state.versions.get(owner)?.strategy ?? null, 'unloadable')
    const subject = `${moved} open positions and orders of a version that cannot be loaded (${owner.slice(0, 12)})`
    logEvent(context, 'error', 'owner', `the desk holds ${subject} to settlement`)
  }
}

/** Which closed candles a slot lacks before its strategy may be evaluated, in words; null when it has enough. */
export function warmUpLeft({ asset }: SlotState, { manifest }: VersionRecord): string | null {
  const { history } = manifest
  const { candles } = asset
  if (
    candles['1m'].length >= history['1m'] &&
    candles['5m'].length >= history['5m'] &&
    candles['15m'].length >= history['15m']
  )
    return null
  const frame = (['1m', '5m', '15m'] as const).find((name) => candles[name].length < history[name]) ?? '1m'
  return `${candles[frame].length} of ${history[frame]} closed ${frame} candles`
}
