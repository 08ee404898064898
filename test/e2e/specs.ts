import type { DeskWindow } from './desk-steps.ts'
import { recoverySpecs } from './recovery-specs.ts'
import { saveSpecs } from './save-specs.ts'
import { windowSpecs } from './window-specs.ts'

/** Tests of the window that every transport must pass; each is independent of the others. */
export function deskScenario(open: () => DeskWindow): void {
  saveSpecs(open)
  windowSpecs(open)
  recoverySpecs(open)
}
