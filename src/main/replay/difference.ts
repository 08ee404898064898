import { assertNever } from '../../shared/domain/base.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { isoUtc, type UnixMs } from '../../shared/domain/time.ts'

/** What the tape must contain, and does not: hashes of the views sent, the answer to them, or an error of the strategy. */
export type Missing =
  | { readonly what: 'views' | 'answer' }
  | { readonly what: 'fault'; readonly slot: SlotId; readonly message: string }

/** How a repeated segment differs from its recording at one moment; decisions are JSON. */
export type RecordDifference =
  | { readonly code: 'not-loaded'; readonly label: string; readonly why: string }
  /** The engine threw at a recorded event. */
  | { readonly code: 'engine-failed'; readonly why: string }
  | { readonly code: 'views-not-sent' | 'answer-not-asked' | 'decided-twice' }
  | { readonly code: 'other-view' | 'view-not-recorded' | 'decision-not-recorded'; readonly slot: string }
  /** `repeated` null: it throws `fault` now, or was not asked at all (`fault` null). */
  | {
      readonly code: 'other-decision'
      readonly slot: SlotId
      readonly recorded: string
      readonly repeated: string | null
      readonly fault: string | null
    }
  /** `repeated` null: it does not throw now. */
  | { readonly code: 'other-fault'; readonly slot: SlotId; readonly recorded: string; readonly repeated: string | null }
  | ({ readonly code: 'not-recorded' } & Missing)

/** Where two engine states first differ: in a value, in the number of parts, or in the name of a part. */
export interface StateDifference {
  readonly path: string
  readonly part: 'value' | 'count' | 'name'
  readonly first: string
  readonly second: string
}

/** A difference found by the check of recorded decisions. `ts` null: outside the recorded time. */
export type Difference =
  | (RecordDifference & { readonly ts: UnixMs | null })
  /** The engine at the end of a segment is not the one the next segment starts with. */
  | ({ readonly code: 'other-engine' } & StateDifference)
  | { readonly code: 'next-unreadable'; readonly why: string }

/** A difference in words, for people: `2026-01-05T00:00:10.000Z BTC-5m saw another view`. */
export function differenceText(difference: Difference): string {
  if (difference.code === 'next-unreadable') return difference.why
  if (difference.code === 'other-engine')
    return `the engine at its end is not the one that the next segment begins with: ${stateText(difference)}`
  return difference.ts === null ? recordText(difference) : `${isoUtc(difference.ts)} ${recordText(difference)}`
}

function stateText({ path, part, first, second }: StateDifference): string {
  switch (part) {
    case 'value':
      return `${path} is ${first}, not ${second}`
    case 'count':
      return `${path} has ${first} parts, not ${second}`
    case 'name':
      return `${path} has ${first} where there is ${second}`
    default:
      return assertNever(part)
  }
}

function recordText(difference: RecordDifference): string {
  switch (difference.code) {
    case 'not-loaded':
      return `${difference.label} does not load: ${difference.why}`
    case 'engine-failed':
      return `the engine refused it: ${difference.why}`
    case 'views-not-sent':
      return 'views were sent that the engine does not send'
    case 'other-view':
      return `${difference.slot} saw another view`
    case 'view-not-recorded':
      return `${difference.slot} saw a view that the tape does not name`
    case 'answer-not-asked':
      return 'it answers what the engine did not ask'
    case 'other-decision': {
      const { slot, recorded, repeated, fault } = difference
      return `${slot} decided ${recorded}, and now ${repeated ?? `a fault: ${fault ?? 'it was not asked'}`}`
    }
    case 'decided-twice':
      return 'it decides twice for one slot'
    case 'decision-not-recorded':
      return `${difference.slot} decides now, and did not`
    case 'other-fault': {
      const { slot, recorded, repeated } = difference
      return `${slot} threw "${recorded}", and now ${repeated === null ? 'does not' : `"${repeated}"`}`
    }
    case 'not-recorded':
      return `the tape does not tell ${missingText(difference)}`
    default:
      return assertNever(difference)
  }
}

function missingText(missing: Missing): string {
  switch (missing.what) {
    case 'views':
      return 'the views that it sent'
    case 'answer':
      return 'the answer to what it asked'
    case 'fault':
      return `that ${missing.slot} threw "${missing.message}"`
    default:
      return assertNever(missing)
  }
}
