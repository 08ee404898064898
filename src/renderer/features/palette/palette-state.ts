import type { DeploymentRow } from '../../../shared/domain/deployments.ts'
import type { SlotId } from '../../../shared/domain/slots.ts'
import type { SlotRow, VersionRow } from '../../../shared/ipc/desk-view.ts'

/** State that the list of commands depends on. */
export interface PaletteState {
  readonly trading: string
  readonly deploys: string
  readonly versions: readonly VersionRow[]
  readonly deployments: readonly DeploymentRow[]
  readonly slotIds: readonly SlotId[]
  readonly slots: Readonly<Record<string, SlotRow>>
  readonly paths: readonly string[]
  /** Strategies that have a version or a file. */
  readonly strategies: readonly string[]
  /** File in the editor. */
  readonly active: string | null
  /** The candidate that waits for a reload. */
  readonly candidate: DeploymentRow | null
  readonly singleKeys: boolean
}
