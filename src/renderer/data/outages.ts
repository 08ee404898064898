import type { SlotOutage, SlotRow } from '../../shared/ipc/desk-view.ts'

/** True for a slot that is listed and has a strategy: it is to trade. */
export function isTradable(row: SlotRow | undefined): boolean {
  return row !== undefined && row.status !== 'unlisted' && row.strategy !== null
}

const WORDS: Readonly<Record<SlotOutage['kind'], string>> = {
  faulted: 'faulted',
  'no-version': 'without a live version',
  'no-prices': 'without prices',
}

const slotsText = (count: number) => (count === 1 ? '1 slot' : `${count} slots`)

/**
 * Slots that cannot decide, in a few words: `8 slots faulted`.
 * @param slots how many are to trade
 * @returns null while all can
 */
export function outageSummary(outages: readonly SlotOutage[], slots: number): string | null {
  const [first, ...others] = outages
  if (first === undefined) return null
  const out = outages.reduce((count, one) => count + one.slots.length, 0)
  const words = others.every(({ kind }) => kind === first.kind) ? WORDS[first.kind] : 'cannot decide'
  return out >= slots ? `No slot decides, ${slotsText(out)} ${words}` : `${slotsText(out)} ${words}`
}
