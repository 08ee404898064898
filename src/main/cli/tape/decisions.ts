import { checkDecisions } from '../../replay/decision-check.ts'
import { differenceText } from '../../replay/difference.ts'
import { seamDifference } from '../../replay/seam-check.ts'
import type { TapeFile, TapeLibrary } from '../../tape/library.ts'
import { realPath } from './tape-files.ts'

/** Result of checking the decisions of one file. */
export interface DecisionCheck {
  readonly outcome: 'alike' | 'different' | 'not comparable'
  readonly events: number
  readonly decisions: number
  /** Decisions of versions whose code is not on the tape. */
  readonly unchecked: number
  /** Differences; empty when there are none, or when nothing could be compared. */
  readonly problems: readonly string[]
  /** Remarks that are not problems. */
  readonly notes: readonly string[]
}

/** A segment, and the path of the next one if it continues without a gap. */
export interface ChainedFile {
  readonly file: TapeFile
  readonly next: string | null
}

/** The desk's own segments that overlap a period, in order, by their real paths. */
export function chainFiles({ recordings }: TapeLibrary, from: number, to: number): ReadonlyMap<string, ChainedFile> {
  const chain = new Map<string, ChainedFile>()
  for (const { files, imported } of recordings) {
    if (imported) continue
    for (const [index, file] of files.entries()) {
      if (file.firstTs === null || file.lastTs === null || file.firstTs >= to || file.lastTs < from) continue
      const next = files[index + 1]
      const continues = next !== undefined && next.segment === file.segment + 1 && next.firstSeq === file.nextSeq
      chain.set(realPath(file.path), { file, next: file.sealed && continues ? next.path : null })
    }
  }
  return chain
}

/**
 * Checks I7 for one file: replaying its events gives the recorded decisions, and the engine state at the start of `next`.
 * @param next path of the segment that follows without a gap
 */
export function checkFileDecisions(path: string, next: string | null, build: string): DecisionCheck {
  const checked = checkDecisions(path, build)
  if (!checked.ok) {
    const counts = { events: 0, decisions: 0, unchecked: 0 }
    const { error } = checked
    if (typeof error === 'string')
      return { ...counts, outcome: 'different', problems: [`decisions: ${error}`], notes: [] }
    const why = `not comparable: recorded by another engine build (${error.otherBuild}, this is ${build})`
    return { ...counts, outcome: 'not comparable', problems: [], notes: [why] }
  }
  const { events, decisions, unchecked, differences, end } = checked.value
  const seam = next === null || differences.length > 0 ? null : seamDifference(end, next)
  const problems = [...differences, ...(seam === null ? [] : [seam])].map(differenceText)
  const notes = unchecked === 0 ? [] : [`${unchecked} decisions of versions whose code is not on the tape`]
  return { outcome: problems.length === 0 ? 'alike' : 'different', events, decisions, unchecked, problems, notes }
}
