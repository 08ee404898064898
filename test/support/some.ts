import { expect } from 'vitest'
import type { EngineState } from '../../src/engine/state.ts'
import type { Owner } from '../../src/shared/domain/ids.ts'
import type { Position } from '../../src/shared/domain/records.ts'
import { until } from './desk.ts'

/** What a test looks at one by one. Fails where there is nothing to look at: whatever is expected of each would hold. */
export function some<T>(items: Iterable<T>): readonly T[] {
  const all = [...items]
  expect(all.length, 'something to look at').toBeGreaterThan(0)
  return all
}

/** The positions that are open now, once there is one. */
export async function held({ positions }: EngineState): Promise<readonly Position[]> {
  const open = () => [...positions.values()].filter(({ state }) => state === 'open')
  await until('a position is open', () => open().length > 0)
  return open()
}

/** I1: these positions belong to one owner now, all of them whose windows have not ended meanwhile. */
export function expectOwner(positions: readonly Position[], owner: Owner | undefined): void {
  for (const { id, state, ownedBy } of some(positions)) if (state === 'open') expect(ownedBy, id).toBe(owner)
}
