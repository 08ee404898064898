import { err, ok, type Result } from '../../shared/domain/base.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import { engineFrom } from '../tape/engine-snapshot.ts'
import { KIND } from '../tape/record-format.ts'
import { damageText, loadSegment } from '../tape/segment-reader.ts'
import { batchKey } from '../tape/view-hashes.ts'
import { recordedAt } from './recorded-events.ts'
import type { DecisionCheck } from './segment-check.ts'
import { SegmentCheck } from './segment-check.ts'
import { TapeCursor } from './tape-cursor.ts'

/** The recording is sound but was made by another engine build, and only that build repeats it byte for byte. */
export interface OtherBuild {
  readonly otherBuild: string
}

/**
 * I7: delivers every record of a segment to an engine restored from its snapshot, in order; evaluates the same
 * versions whenever the engine asks for it, and compares their answers with the recorded ones.
 * @param build name of this engine build; a recording of another cannot be compared
 * @returns an error where the segment cannot be replayed at all, in words or as the name of the build that could
 */
export function checkDecisions(path: string, build: string): Result<DecisionCheck, string | OtherBuild> {
  // Loaded once: a desk may be writing it, and both passes must see the same bytes.
  const segment = loadSegment(path)
  if (!segment.ok) return err(damageText(segment.error))
  const cursor = TapeCursor.over(segment.value)
  const { engineBuild, origin } = cursor.header
  if (origin !== 'desk') return err('it was imported: it holds no decisions')
  if (engineBuild !== build) return err({ otherBuild: engineBuild })
  const snapshot = cursor.firstSnapshot()
  if (!snapshot.ok) return snapshot
  if (snapshot.value === undefined) return err('it has no snapshot to start from')
  const engine = engineFrom(snapshot.value)
  if (!engine.ok) return engine
  const check = new SegmentCheck(engine.value, answersIn(TapeCursor.over(segment.value)))
  for (;;) {
    if (!cursor.next()) {
      check.finish(segment.value.report.sealed)
      break
    }
    const record = recordedAt(cursor)
    if (!record.ok) return err(`at ${isoUtc(cursor.reader.ts)}: ${record.error}`)
    if (!check.take(record.value)) break
  }
  return ok(check.result(path))
}

/** Batches that were answered: a version that never answered, because it hung, must not be evaluated again. */
function answersIn(cursor: TapeCursor): ReadonlySet<string> {
  const answers = new Set<string>()
  while (cursor.next()) {
    if (cursor.reader.kind !== KIND.json) continue
    const record = recordedAt(cursor)
    if (record.ok && record.value.kind === 'decisions') answers.add(batchKey(record.value))
  }
  return answers
}
