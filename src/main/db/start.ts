import { slotIdSchema } from '../../shared/domain/schemas.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { ReadableDb, WritableDb } from './db.ts'
import { column } from './rows.ts'

/** Marks deployments that an earlier process left unfinished as superseded. */
export function endUnfinishedDeployments(db: WritableDb, now: UnixMs): void {
  db.prepare(
    `UPDATE deployments SET state = 'superseded', ended_at = ?, reason = 'the desk stopped before it was live'
     WHERE ended_at IS NULL AND state NOT IN ('kept', 'failed', 'superseded', 'rolled-back', 'probation', 'canary')`,
  ).run(now)
}

/** Slots with unsettled positions or unfinished orders. */
export function heldSlots(db: ReadableDb): SlotId[] {
  return column(
    db,
    slotIdSchema,
    `SELECT slot FROM positions WHERE state IN ('open', 'ended', 'resolved')
     UNION SELECT slot FROM orders WHERE state NOT IN ('filled', 'cancelled', 'expired', 'rejected')`,
  )
}
