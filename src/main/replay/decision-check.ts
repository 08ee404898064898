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

/** Why a recording cannot be compared, and is none the worse for it: only the build that made it decides byte for byte alike. */
export interface OtherBuild {
  readonly otherBuild: string
}

/**
 * I7: tells an engine everything that a recorded segment says, in its order, starting from its snapshot; asks the same
 * versions whenever the engine asks, and compares what they answer with what was recorded.
 * @param build name of this engine build; a recording of another cannot be compared
 * @returns an error where the segment cannot be replayed at all, in words or as the name of the build that could
 */
export function checkDecisions(path: string, build: string): Result<DecisionCheck, string | OtherBuild> {
  // Once: a desk may be writing it, and both walks over it must see the same.
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

/** What was answered at all: a version that never answered, because it spins, must not be asked again. */
function answersIn(cursor: TapeCursor): ReadonlySet<string> {
  const answers = new Set<string>()
  while (cursor.next()) {
    if (cursor.reader.kind !== KIND.json) continue
    const record = recordedAt(cursor)
    if (record.ok && record.value.kind === 'decisions') answers.add(batchKey(record.value))
  }
  return answers
}
