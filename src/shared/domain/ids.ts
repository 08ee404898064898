import type { Brand } from './base.ts'

/** sha256 of a version's bundle, params and strategy-API version, 64 hex digits. */
export type VersionHash = Brand<string, 'VersionHash'>

export type DeploymentId = Brand<string, 'DeploymentId'>

export type OrderId = Brand<string, 'OrderId'>

/** The venue's id of a fill, unique within a home. */
export type FillId = Brand<string, 'FillId'>

export type PositionId = Brand<string, 'PositionId'>

/** A version, or `desk`, the owner of last resort, which holds to settlement. */
export type Owner = VersionHash | 'desk'

/** @param prefix of the home, which makes ids unique across home folders */
export function orderId(prefix: string, number: number): OrderId {
  return `O-${prefix}${number}` as OrderId
}

export function positionId(prefix: string, number: number): PositionId {
  return `P-${prefix}${number}` as PositionId
}

export function fillId(name: string): FillId {
  return name as FillId
}

/** @param digest sha256 as 64 hex digits */
export function versionHashOf(digest: string): VersionHash {
  return digest as VersionHash
}

/** The deployment id used in replays, which journal no deployments. */
export const REPLAY_DEPLOYMENT = 'replay' as DeploymentId
