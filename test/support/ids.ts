import type { DeploymentId, PositionId, VersionHash } from '../../src/shared/domain/ids.ts'
import {
  assetSchema,
  deploymentIdSchema,
  positionIdSchema,
  slotIdSchema,
  versionHashSchema,
  windowIdSchema,
} from '../../src/shared/domain/schemas.ts'
import type { Asset, SlotId, WindowId } from '../../src/shared/domain/slots.ts'

/** Branded ids from the texts that tests write; a text that is none throws. */
export const slotId = (text: string): SlotId => slotIdSchema.parse(text)
export const assetOf = (text: string): Asset => assetSchema.parse(text)
export const windowId = (text: string): WindowId => windowIdSchema.parse(text)
export const deploymentId = (text: string): DeploymentId => deploymentIdSchema.parse(text)
export const positionId = (text: string): PositionId => positionIdSchema.parse(text)
/** @param text up to 64 hex digits; the rest is zeros */
export const versionHash = (text: string): VersionHash => versionHashSchema.parse(text.padEnd(64, '0'))
