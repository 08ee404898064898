import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { DeskPush } from '../../shared/ipc/connection.ts'
import type { DeskSnapshot, DeskStatus, EventRow, SlotRow, VersionRow } from '../../shared/ipc/desk-view.ts'

/** Connection of this window to its desk. `stale`: connected, but no push has arrived for too long. */
export type ConnectionState = 'connecting' | 'connected' | 'stale' | 'lost' | 'signed-out'

/** Most events kept in a window. */
export const KEPT_EVENTS = 500
/** Most deployments kept in a window. */
const KEPT_DEPLOYMENTS = 100

/** Everything the desk pushes, as of the last push. A row object is replaced only when the row changes. */
export interface DeskState {
  readonly connection: ConnectionState
  readonly status: DeskStatus | null
  readonly slotIds: readonly SlotId[]
  readonly slots: Readonly<Record<string, SlotRow>>
  /** In the order of the desk. */
  readonly versions: readonly VersionRow[]
  /** Newest first. */
  readonly deployments: readonly DeploymentRow[]
  /** Newest first. */
  readonly events: readonly EventRow[]
  /** Incremented whenever orders, trades or profit may have changed. */
  readonly ledgerRevision: number
  /** Number of snapshots received. */
  readonly snapshots: number
}

export type DeskStore = StoreApi<DeskState>

const EMPTY: DeskState = {
  connection: 'connecting',
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

/** The state after a snapshot, which replaces all rows. */
export function applySnapshot(state: DeskState, snapshot: DeskSnapshot): DeskState {
  return {
    ...state,
    connection: 'connected',
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
      // Other stores handle candles, lines, files, replays and differences.
      return {}
  }
}

/** The state after all pushes of one frame, in order. */
export function applyPushes(state: DeskState, pushes: readonly DeskPush[]): DeskState {
  let next = state
  for (const push of pushes) next = { ...next, ...mergePush(next, push) }
  // Any push ends `stale`; the other states end only with the connection itself.
  return next.connection === 'stale' ? { ...next, connection: 'connected' } : next
}
