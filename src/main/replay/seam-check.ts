import { stateIn } from '../tape/engine-snapshot.ts'
import type { Difference, StateDifference } from './difference.ts'
import { TapeCursor } from './tape-cursor.ts'

/** The first difference between the engine at the end of one segment and the start of the next; null if there is none. */
export function seamDifference(end: Uint8Array, next: string): Difference | null {
  const opened = TapeCursor.open([next])
  const snapshot = opened.ok ? opened.value.firstSnapshot() : opened
  if (!snapshot.ok) return { code: 'next-unreadable', why: snapshot.error }
  if (snapshot.value === undefined) return null
  const where = differenceOf(stateIn(end), stateIn(snapshot.value), '', new Set())
  return where === null ? null : { code: 'other-engine', ...where }
}

/**
 * Fields that cache parts of a view or a label. They are refreshed by readers outside the recording, such as a window or a dry run,
 * so they are not compared; they follow from the other fields.
 */
const KEPT_READY = new Set(['row', 'changed', 'edition', 'heldId', 'orderViews', 'label', 'labelled'])

/** Where two trees of plain data first differ; every NaN is the same, whatever its bits. */
function differenceOf(a: unknown, b: unknown, path: string, seen: Set<unknown>): StateDifference | null {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null)
    return Object.is(a, b) ? null : { path, part: 'value', first: String(a), second: String(b) }
  if (seen.has(a)) return null
  seen.add(a)
  const [mine, theirs] = [partsOf(a), partsOf(b)]
  if (mine.length !== theirs.length)
    return { path, part: 'count', first: String(mine.length), second: String(theirs.length) }
  for (const [i, [key, value]] of mine.entries()) {
    const [otherKey, other] = theirs[i] ?? []
    if (key !== otherKey) return { path, part: 'name', first: String(key), second: String(otherKey) }
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
