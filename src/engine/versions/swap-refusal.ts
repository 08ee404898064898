import { assertNever } from '../../shared/domain/base.ts'
import type { SlotId } from '../../shared/domain/slots.ts'

/** Why a swap cannot be committed now (I4, revision check). */
export type SwapRefusal =
  | { readonly code: 'evaluating' }
  /** The strategy has a canary of another version. */
  | { readonly code: 'has-canary'; readonly strategy: string }
  /** A cycle changed the slot's state after the migration read it. */
  | { readonly code: 'state-changed'; readonly slot: SlotId }

/** Why a canary cannot begin now. */
export type CanaryRefusal =
  | SwapRefusal
  | { readonly code: 'no-live-version'; readonly strategy: string }
  | { readonly code: 'canary-already'; readonly strategy: string }
  | { readonly code: 'live-already'; readonly label: string }
  | { readonly code: 'no-slots' }
  | { readonly code: 'unassigned'; readonly slots: readonly SlotId[]; readonly strategy: string }

/** A refusal in words, for people. */
export function swapRefusalText(refusal: CanaryRefusal): string {
  switch (refusal.code) {
    case 'evaluating':
      return 'an evaluation is in flight'
    case 'has-canary':
      return `${refusal.strategy} has a canary: promote or dismiss it first`
    case 'state-changed':
      return `the state of ${refusal.slot} changed while it was being migrated`
    case 'no-live-version':
      return `${refusal.strategy} has no live version to run a canary beside`
    case 'canary-already':
      return `${refusal.strategy} already has a canary`
    case 'live-already':
      return `${refusal.label} is already live`
    case 'no-slots':
      return 'the canary would have no slots'
    case 'unassigned':
      return `${refusal.slots.join(', ')} is not assigned to ${refusal.strategy}`
    default:
      return assertNever(refusal)
  }
}
