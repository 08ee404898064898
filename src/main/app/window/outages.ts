import type { Engine } from '../../../engine/engine.ts'
import { reasonWithPlace } from '../../../shared/domain/deployments.ts'
import type { SlotId } from '../../../shared/domain/slots.ts'
import type { VersionRef } from '../../../shared/domain/versions.ts'
import type { SlotOutage, SlotStatus } from '../../../shared/ipc/desk-view.ts'
import type { ReadableDb } from '../../db/db.ts'
import { lastWithReason, stoppedBy } from '../../db/deployments.ts'
import { placeOfFault } from '../../strategy-host/source-position.ts'
import { slotStatus } from './projection.ts'

export interface OutageParts {
  readonly engine: Engine
  readonly db: ReadableDb
  readonly refOf: (hash: string) => VersionRef | null
}

/** Statuses of a slot that cannot decide. */
const KIND_OF: Readonly<Partial<Record<SlotStatus, SlotOutage['kind']>>> = {
  faulted: 'faulted',
  unassigned: 'no-version',
  stale: 'no-prices',
}

/** Slots that should trade and cannot decide now, grouped by cause. */
export function outagesOf(parts: OutageParts): readonly SlotOutage[] {
  const { engine } = parts
  const s = engine.state
  const found = new Map<string, Omit<SlotOutage, 'slots'> & { slots: SlotId[] }>()
  for (const slot of s.slots.values()) {
    const { strategy } = slot
    if (strategy === null || !slot.listed) continue
    const { status } = slotStatus(engine, slot)
    const kind = KIND_OF[status]
    if (kind === undefined) continue
    const key = kind === 'no-prices' ? kind : `${kind} ${strategy}`
    const known = found.get(key)
    if (known !== undefined) {
      known.slots.push(slot.id)
      continue
    }
    found.set(key, { kind, slots: [slot.id], ...causeOf(parts, kind, strategy) })
  }
  return [...found.values()]
}

/** Why the slots of a strategy cannot decide, in words and as a place in its source. */
function causeOf(
  { engine, db, refOf }: OutageParts,
  kind: SlotOutage['kind'],
  strategy: string,
): Pick<SlotOutage, 'strategy' | 'version' | 'reason' | 'place'> {
  if (kind === 'no-prices') return { strategy: null, version: null, reason: 'no fresh price', place: null }
  if (kind === 'no-version') {
    const ended = lastWithReason(db, strategy)
    const reason = `no version of ${strategy} is live${because(ended === undefined ? null : reasonWithPlace(ended))}`
    return { strategy, version: null, reason, place: ended?.diagnostics[0] ?? null }
  }
  const hash = engine.state.live.get(strategy)
  const version = hash === undefined ? null : refOf(hash)
  const fault = stoppedBy(db, hash ?? '') ?? null
  const reason = `${version?.label ?? strategy} was stopped by a fault${because(fault)}`
  return { strategy, version, reason, place: fault === null ? null : placeOfFault(fault) }
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${reason}`
}
