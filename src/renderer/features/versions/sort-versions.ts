import type { VersionRow } from '../../../shared/ipc/desk-view.ts'

/** By strategy, the one that changed last first; within a strategy the live version, its canary, then the newest. */
export function sortVersions(versions: readonly VersionRow[]): readonly VersionRow[] {
  const changedAt = new Map<string, number>()
  for (const row of versions) {
    changedAt.set(row.strategy, Math.max(changedAt.get(row.strategy) ?? 0, row.firstLiveAt ?? 0))
  }
  const rank = (row: VersionRow): number => (row.state === 'live' ? 0 : row.state === 'canary' ? 1 : 2)
  return [...versions].sort(
    (a, b) =>
      (changedAt.get(b.strategy) ?? 0) - (changedAt.get(a.strategy) ?? 0) ||
      a.strategy.localeCompare(b.strategy) ||
      rank(a) - rank(b) ||
      b.number - a.number,
  )
}
