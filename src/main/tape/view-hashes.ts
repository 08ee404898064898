import { createHash } from 'node:crypto'
import type { Effect } from '../../engine/events.ts'
import type { SlotView } from '../../engine/views/view-types.ts'

type Evaluation = Extract<Effect, { kind: 'evaluate' }>

/** Key of one batch, for its views and its answer. */
export function batchKey({ version, epoch, cycle }: Pick<Evaluation, 'version' | 'epoch' | 'cycle'>): string {
  return `${version} ${epoch} ${cycle}`
}

/** Hash of each slot's view: the first 16 digits of a sha256 over figures, orders and state. */
export function hashesOf(views: readonly SlotView[]): Record<string, string> {
  return Object.fromEntries(views.map((view) => [view.slot, hashOf(view)]))
}

function hashOf({ row, positionId, orders, state, revision }: SlotView): string {
  return createHash('sha256')
    .update(JSON.stringify([row, positionId, orders, state, revision]))
    .digest('hex')
    .slice(0, 16)
}
