import { type CanaryRefusal, swapRefusalText } from '../../engine/versions/swap-refusal.ts'

/** Why a swap or the start of a canary was not committed. It may be tried again unless the loop has ended. */
export type CommitRefusal =
  | CanaryRefusal
  | { readonly code: 'loop-ended' | 'journal-blocked'; readonly why: string }
  | { readonly code: 'cycle-running' }

/** A refusal in words, for people. */
export function commitRefusalText(refusal: CommitRefusal): string {
  switch (refusal.code) {
    case 'loop-ended':
      return refusal.why
    case 'journal-blocked':
      return `the journal cannot be written: ${refusal.why}`
    case 'cycle-running':
      return 'a cycle is running'
    default:
      return swapRefusalText(refusal)
  }
}
