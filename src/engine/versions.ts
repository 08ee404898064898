import { invariant } from '../shared/domain/base.ts'
import { step } from '../shared/domain/lifecycles.ts'
import type { EngineEvent, Swap } from './events.ts'
import { applyIntent } from './intents.ts'
import { transferAll } from './owners.ts'
import {
  type Context,
  type EngineState,
  record,
  type SlotState,
  say,
  slotOf,
  type VersionRecord,
  versionOf,
} from './state.ts'
import type { SlotDecision } from './views.ts'

/** Slots that configuration gives to a strategy. */
export function slotsOf(c: Context, strategy: string): readonly SlotState[] {
  return c.s.teams.find((team) => team.strategy === strategy)?.slots ?? []
}

export function recordVersion(c: Context, version: VersionRecord): void {
  const { hash, state, firstLiveAt, decisions, faults } = version
  record(c, { t: 'version', progress: { hash, state, firstLiveAt, decisions, faults } })
}

/** Why a swap cannot be committed now; null when it can (I4, revision check). */
export function swapBar(c: Context, swap: Swap): string | null {
  const old = c.s.live.get(swap.strategy)
  if (old !== undefined && c.s.pending.has(old)) return 'an evaluation is in flight'
  for (const { slot, fromRevision } of swap.states) {
    if (slotOf(c.s, slot).revision !== fromRevision) return `state of ${slot} moved on while it was migrated`
  }
  return null
}

/** Moves the pointer: the new version is live, owns what the old one owned, and has its migrated state. */
export function applySwap(c: Context, swap: Swap): void {
  const { s } = c
  const bar = swapBar(c, swap)
  invariant(bar === null, `I4: swap of ${swap.label} outside the yield interval: ${bar}`)
  const oldHash = s.live.get(swap.strategy)
  const version = admit(c, swap)
  version.state = step('version', version.state, 'swap')
  if (oldHash !== undefined && oldHash !== swap.version) retire(c, versionOf(s, oldHash))
  s.live.set(swap.strategy, swap.version)
  record(c, { t: 'live', strategy: swap.strategy, version: swap.version, deployment: swap.deployment })
  for (const { slot: id, json } of swap.states) {
    const slot = slotOf(s, id)
    slot.setState(json)
    recordState(c, slot, version)
  }
  const own = new Set(slotsOf(c, swap.strategy).map((slot) => slot.slot.id))
  const transfer = { to: swap.version, reason: swap.reason, deployment: swap.deployment } as const
  let moved = 0
  if (oldHash !== undefined && oldHash !== swap.version) moved += transferAll(c, { from: oldHash, ...transfer })
  // What a fault left with the desk goes back to the strategy's new version; what a kill left stays with the desk.
  if (s.trading !== 'killed')
    moved += transferAll(
      c,
      { from: 'desk', ...transfer },
      (subject) => own.has(subject.slot) && c.s.orphanedByFault.has(subject.id),
    )
  say(c, 'info', 'deployment', `${swap.label} is live; ${moved} open positions and orders handed over`, {
    version: swap.version,
  })
}

function admit(c: Context, swap: Swap): VersionRecord {
  const { s } = c
  const known = s.versions.get(swap.version)
  const version: VersionRecord = {
    hash: swap.version,
    label: swap.label,
    manifest: swap.manifest,
    strategy: swap.strategy,
    deployment: swap.deployment,
    // Proved and staged outside; a version that comes back is staged anew.
    state: step('version', known?.state ?? 'candidate', 'stage'),
    firstLiveAt: known?.firstLiveAt ?? s.now,
    epoch: ++s.epoch,
    decisions: known?.decisions ?? 0,
    faults: known?.faults ?? 0,
    faultsInRow: 0,
  }
  s.versions.set(version.hash, version)
  recordVersion(c, { ...version, state: 'live' })
  return version
}

function retire(c: Context, version: VersionRecord): void {
  if (version.state === 'live' || version.state === 'faulted') version.state = step('version', version.state, 'retire')
  recordVersion(c, version)
}

/** Takes a version's answers; late ones, of an older epoch or cycle, are dropped. */
export function applyDecisions(c: Context, event: Extract<EngineEvent, { kind: 'decisions' }>): void {
  const { s } = c
  const pending = s.pending.get(event.version)
  const version = versionOf(s, event.version)
  if (
    pending === undefined ||
    pending.epoch !== event.epoch ||
    pending.cycle !== event.cycle ||
    version.state !== 'live'
  ) {
    say(c, 'warn', 'late', `late answer of ${version.label} for cycle ${event.cycle} was dropped`, {
      version: event.version,
    })
    return
  }
  s.pending.delete(event.version)
  if (event.clean) version.faultsInRow = 0
  for (const { slot, why, state, intents } of event.decisions) {
    if (pending.slots.has(slot)) applyDecision(c, slotOf(s, slot), version, why, state, intents)
  }
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
  if (state !== null && state !== slot.stateJson) {
    slot.setState(state)
    recordState(c, slot, version)
  }
  for (const intent of intents) slot.lastWhy = applyIntent(c, slot, version, intent)
}

function recordState(c: Context, slot: SlotState, version: VersionRecord): void {
  const { stateJson: json, revision } = slot
  record(c, { t: 'state', slot: slot.slot.id, strategy: version.strategy, version: version.hash, revision, json })
}

/** A strategy threw, answered nonsense or did not answer (I9): it is stopped, alone, and the desk holds what it owned. */
export function applyFault(c: Context, event: Extract<EngineEvent, { kind: 'fault' }>): void {
  const { s } = c
  const version = versionOf(s, event.version)
  version.faults++
  version.faultsInRow++
  if (version.state !== 'live') return
  const stop = event.fatal || version.faultsInRow >= s.config.faultsInRow
  say(c, 'error', 'fault', `${version.label}: ${event.message}`, { slot: event.slot, version: event.version })
  if (stop) stopVersion(c, version)
  recordVersion(c, version)
}

function stopVersion(c: Context, version: VersionRecord): void {
  const { s } = c
  version.state = step('version', version.state, 'fault')
  s.pending.delete(version.hash)
  const owned = [...s.positions.values(), ...s.orders.values()]
  for (const subject of owned) {
    const owner = 'ownedBy' in subject ? subject.ownedBy : subject.owner
    if (owner === version.hash) s.orphanedByFault.add(subject.id)
  }
  const moved = transferAll(c, { from: version.hash, to: 'desk', reason: 'fault', deployment: null })
  const what = moved > 0 ? `the desk holds its ${moved} open positions and orders to settlement` : 'it held nothing'
  say(c, 'error', 'fault', `${version.label} is stopped; ${what}; save a new version to trade its slots again`, {
    version: version.hash,
  })
}

/** The live version of a strategy; undefined while there is none that can be asked. */
export function liveVersion(s: EngineState, strategy: string): VersionRecord | undefined {
  const hash = s.live.get(strategy)
  const version = hash === undefined ? undefined : s.versions.get(hash)
  return version?.state === 'live' ? version : undefined
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
