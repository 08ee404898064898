import { expect } from 'vitest'

/** What a test looks at one by one. Fails where there is nothing to look at: whatever is expected of each would hold. */
export function some<T>(items: Iterable<T>): readonly T[] {
  const all = [...items]
  expect(all.length, 'something to look at').toBeGreaterThan(0)
  return all
}
