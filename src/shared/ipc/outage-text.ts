/** `8 slots cannot decide: snipe v2 · 3fa9c1 was stopped by a fault: snipe.ts:20:39 boom`; empty without an outage. */
export function outageText(outages: readonly { readonly slots: readonly string[]; readonly reason: string }[]): string {
  return outages
    .map(
      ({ slots, reason }) =>
        `${slots.length === 1 ? `${slots[0]} cannot decide` : `${slots.length} slots cannot decide`}: ${reason}`,
    )
    .join('; ')
}
