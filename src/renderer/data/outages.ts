import type { SlotOutage, SlotRow } from '../../shared/ipc/desk-view.ts'

/** True for a slot that is listed and has a strategy. */
export function isTradable(row: SlotRow | undefined): boolean {
  return row !== undefined && row.status !== 'unlisted' && row.strategy !== null
}

const KIND_TEXT: Readonly<Record<SlotOutage['kind'], string>> = {
  faulted: 'faulted',
  'no-version': 'without a live version',
  'no-prices': 'without prices',
}

const slotsText = (count: number) => (count === 1 ? '1 slot' : `${count} slots`)

/**
 * Short text about slots in which no version decides: `8 slots faulted`.
 * @param slots number of tradable slots
 * @returns null without an outage
 */
export function outageSummary(outages: readonly SlotOutage[], slots: number): string | null {
  const [first, ...others] = outages
  if (first === undefined) return null
  const affected = outages.reduce((count, outage) => count + outage.slots.length, 0)
  const state = others.every(({ kind }) => kind === first.kind) ? KIND_TEXT[first.kind] : 'cannot decide'
  return affected >= slots ? `No slot decides, ${slotsText(affected)} ${state}` : `${slotsText(affected)} ${state}`
}
