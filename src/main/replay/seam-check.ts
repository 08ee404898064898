import { stateIn } from '../tape/engine-snapshot.ts'
import { TapeCursor } from './tape-cursor.ts'

/** Whether one segment ended as the next one begins; null when it did. */
export function seamDifference(end: Uint8Array, next: string): string | null {
  const opened = TapeCursor.open([next])
  const snapshot = opened.ok ? opened.value.firstSnapshot() : opened
  if (!snapshot.ok) return snapshot.error
  if (snapshot.value === undefined) return null
  const where = differenceOf(stateIn(end), stateIn(snapshot.value), '', new Set())
  return where === null ? null : `the engine at its end is not the one that the next segment begins with: ${where}`
}

/**
 * What is kept ready of a view or a label: brought up to date whenever somebody looks, a window or a candidate's dry run
 * too, which are not told to the engine. All of it follows from the rest.
 */
const KEPT_READY = new Set(['row', 'changed', 'edition', 'heldId', 'orderViews', 'label', 'labelled'])

/** Where two trees of plain data first differ, as a path; every NaN is the same, whatever its bits. */
function differenceOf(a: unknown, b: unknown, path: string, seen: Set<unknown>): string | null {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null)
    return Object.is(a, b) ? null : `${path} is ${String(a)}, not ${String(b)}`
  if (seen.has(a)) return null
  seen.add(a)
  const [mine, theirs] = [partsOf(a), partsOf(b)]
  if (mine.length !== theirs.length) return `${path} has ${mine.length} parts, not ${theirs.length}`
  for (const [i, [key, value]] of mine.entries()) {
    const [otherKey, other] = theirs[i] ?? []
    if (key !== otherKey) return `${path} has ${String(key)} where there is ${String(otherKey)}`
    const found = differenceOf(value, other, `${path}.${String(key)}`, seen)
    if (found !== null) return found
  }
  return null
}

function partsOf(of: object): readonly (readonly [unknown, unknown])[] {
  if (of instanceof Map) return [...of]
  if (of instanceof Set) return [...of].map((one) => [one, true])
  return Object.entries(of).filter(([key]) => !KEPT_READY.has(key))
}
