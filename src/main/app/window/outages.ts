import type { Engine } from '../../../engine/engine.ts'
import type { SlotId } from '../../../shared/domain/slots.ts'
import type { VersionRef } from '../../../shared/domain/versions.ts'
import type { SlotOutage } from '../../../shared/ipc/desk-view.ts'
import type { ReadableDb } from '../../db/db.ts'
import { lastReason, stoppedBy } from '../../db/deployments.ts'
import { slotStatus } from './projection.ts'

export interface OutageParts {
  readonly engine: Engine
  readonly db: ReadableDb
  readonly refOf: (hash: string) => VersionRef | null
}

/** Slots that should trade and cannot decide now, grouped by cause. */
export function outagesOf({ engine, db, refOf }: OutageParts): readonly SlotOutage[] {
  const s = engine.state
  const found = new Map<string, Omit<SlotOutage, 'slots'> & { slots: SlotId[] }>()
  for (const slot of s.slots.values()) {
    const { strategy } = slot
    if (strategy === null || !slot.listed) continue
    const { status } = slotStatus(engine, slot)
    const kind =
      status === 'faulted'
        ? 'faulted'
        : status === 'unassigned'
          ? 'no-version'
          : status === 'stale'
            ? 'no-prices'
            : undefined
    if (kind === undefined) continue
    const key = kind === 'no-prices' ? kind : `${kind} ${strategy}`
    const known = found.get(key)
    if (known !== undefined) {
      known.slots.push(slot.slot.id)
      continue
    }
    const hash = kind === 'faulted' ? s.live.get(strategy) : undefined
    const version = hash === undefined ? null : refOf(hash)
    const reason =
      kind === 'no-prices'
        ? 'no fresh price'
        : kind === 'faulted'
          ? `${version?.label ?? strategy} was stopped by a fault${because(stoppedBy(db, hash ?? ''))}`
          : `no version of ${strategy} is live${because(lastReason(db, strategy))}`
    found.set(key, { kind, strategy: kind === 'no-prices' ? null : strategy, version, slots: [slot.slot.id], reason })
  }
  return [...found.values()]
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`
}
