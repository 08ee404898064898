import { checkDecisions } from '../../replay/decision-check.ts'
import { seamDifference } from '../../replay/seam-check.ts'
import type { TapeFile, TapeLibrary } from '../../tape/library.ts'
import { realPath } from './found.ts'

/** What was found of the decisions of one file. */
export interface DecisionsFound {
  readonly outcome: 'alike' | 'different' | 'not comparable'
  readonly events: number
  readonly decisions: number
  /** Made by versions whose code is not on the tape. */
  readonly unchecked: number
  /** What differs; empty where all is alike, or nothing could be compared. */
  readonly problems: readonly string[]
  /** What is true of it, and no fault. */
  readonly notes: readonly string[]
}

/** A segment and the one that goes on where it ends. */
export interface Chained {
  readonly file: TapeFile
  readonly next: string | null
}

/** The desk's own segments that overlap a period, in order, by their real paths. */
export function chainOf({ recordings }: TapeLibrary, from: number, to: number): ReadonlyMap<string, Chained> {
  const chain = new Map<string, Chained>()
  for (const { files, imported } of recordings) {
    if (imported) continue
    for (const [i, file] of files.entries()) {
      if (file.firstTs === null || file.lastTs === null || file.firstTs >= to || file.lastTs < from) continue
      const next = files[i + 1]
      const goesOn = next !== undefined && next.segment === file.segment + 1 && next.firstSeq === file.nextSeq
      chain.set(realPath(file.path), { file, next: file.sealed && goesOn ? next.path : null })
    }
  }
  return chain
}

/** I7 for one file: the same events again give the same decisions, and the engine the next file begins with. */
export function decisionsOf(path: string, next: string | null, build: string): DecisionsFound {
  const checked = checkDecisions(path, build)
  if (!checked.ok) {
    const none = { events: 0, decisions: 0, unchecked: 0 }
    const { error } = checked
    if (typeof error === 'string')
      return { ...none, outcome: 'different', problems: [`decisions: ${error}`], notes: [] }
    const why = `not comparable: recorded by another engine build (${error.otherBuild}, this is ${build})`
    return { ...none, outcome: 'not comparable', problems: [], notes: [why] }
  }
  const { events, decisions, unchecked, differences, end } = checked.value
  const seam = next === null || differences.length > 0 ? null : seamDifference(end, next)
  const problems = seam === null ? differences : [...differences, seam]
  const notes = unchecked === 0 ? [] : [`${unchecked} decisions of versions whose code is lost`]
  return { outcome: problems.length === 0 ? 'alike' : 'different', events, decisions, unchecked, problems, notes }
}
