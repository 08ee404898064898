import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { DeskPush } from '../../shared/ipc/connection.ts'
import type { DeskSnapshot, DeskStatus, EventRow, SlotRow, VersionRow } from '../../shared/ipc/desk-view.ts'

/** How this window stands to its desk. `stale`: connected, but nothing has been heard for too long. */
export type ConnectionState = 'connecting' | 'connected' | 'stale' | 'lost' | 'signed-out'

/** Most events kept in a window. */
export const KEPT_EVENTS = 500
/** Most deployments kept in a window. */
const KEPT_DEPLOYMENTS = 100

/** Everything the desk pushes, as last heard. Rows keep their identity until they change. */
export interface DeskState {
  readonly link: ConnectionState
  readonly status: DeskStatus | null
  readonly slotIds: readonly SlotId[]
  readonly slots: Readonly<Record<string, SlotRow>>
  /** As the desk orders them; newest last or first is up to it. */
  readonly versions: readonly VersionRow[]
  /** Newest first. */
  readonly deployments: readonly DeploymentRow[]
  /** Newest first. */
  readonly events: readonly EventRow[]
  /** Grows whenever orders, trades or profit may have changed. */
  readonly ledgerRevision: number
  /** Grows with every snapshot taken: what was fetched before it may be old. */
  readonly snapshots: number
}

export type DeskStore = StoreApi<DeskState>

const EMPTY: DeskState = {
  link: 'connecting',
  status: null,
  slotIds: [],
  slots: {},
  versions: [],
  deployments: [],
  events: [],
  ledgerRevision: 0,
  snapshots: 0,
}

export function createDeskStore(): DeskStore {
  return createStore<DeskState>(() => EMPTY)
}

/** The state after a whole snapshot: what was known before is replaced, not merged. */
export function applySnapshot(state: DeskState, snapshot: DeskSnapshot): DeskState {
  return {
    ...state,
    link: 'connected',
    status: snapshot.status,
    slotIds: snapshot.slots.map((row) => row.slot),
    slots: Object.fromEntries(snapshot.slots.map((row) => [row.slot, row])),
    versions: snapshot.versions,
    deployments: snapshot.deployments,
    events: snapshot.events,
    ledgerRevision: state.ledgerRevision + 1,
    snapshots: state.snapshots + 1,
  }
}

function holdingsChanged(before: SlotRow | undefined, after: SlotRow): boolean {
  return (
    before?.awaiting.length !== after.awaiting.length ||
    before?.position?.id !== after.position?.id ||
    before?.position?.state !== after.position?.state ||
    before?.position?.shares !== after.position?.shares ||
    before?.position?.owner !== after.position?.owner ||
    before?.openOrders !== after.openOrders ||
    before?.unknownOrders !== after.unknownOrders
  )
}

function mergeSlots(state: DeskState, rows: readonly SlotRow[]): Partial<DeskState> {
  const slots = { ...state.slots }
  const added: SlotId[] = []
  let moved = false
  for (const row of rows) {
    if (slots[row.slot] === undefined) added.push(row.slot)
    moved ||= holdingsChanged(slots[row.slot], row)
    slots[row.slot] = row
  }
  return {
    slots,
    ...(added.length > 0 ? { slotIds: [...state.slotIds, ...added] } : {}),
    ...(moved ? { ledgerRevision: state.ledgerRevision + 1 } : {}),
  }
}

function mergeVersions(state: DeskState, rows: readonly VersionRow[]): Partial<DeskState> {
  const fresh = new Map(rows.map((row) => [row.hash, row]))
  const kept = state.versions.map((row) => {
    const next = fresh.get(row.hash)
    fresh.delete(row.hash)
    return next ?? row
  })
  return { versions: [...kept, ...fresh.values()], ledgerRevision: state.ledgerRevision + 1 }
}

function mergeDeployment(state: DeskState, row: DeploymentRow): Partial<DeskState> {
  const known = state.deployments.some((deployment) => deployment.id === row.id)
  const deployments = known
    ? state.deployments.map((deployment) => (deployment.id === row.id ? row : deployment))
    : [row, ...state.deployments].slice(0, KEPT_DEPLOYMENTS)
  return { deployments }
}

function mergePush(state: DeskState, push: DeskPush): Partial<DeskState> {
  switch (push.kind) {
    case 'status':
      return { status: push.status }
    case 'slots':
      return mergeSlots(state, push.rows)
    case 'versions':
      return mergeVersions(state, push.rows)
    case 'deployment':
      return mergeDeployment(state, push.row)
    case 'event':
      return { events: [push.row, ...state.events].slice(0, KEPT_EVENTS) }
    case 'mark':
      return { ledgerRevision: state.ledgerRevision + 1 }
    default:
      // Candles, lines and files belong to other stores.
      return {}
  }
}

/** The state after all pushes of one frame, in order. */
export function applyPushes(state: DeskState, pushes: readonly DeskPush[]): DeskState {
  let next = state
  for (const push of pushes) next = { ...next, ...mergePush(next, push) }
  // Hearing anything ends staleness; only the connection itself ends the other states.
  return next.link === 'stale' ? { ...next, link: 'connected' } : next
}
