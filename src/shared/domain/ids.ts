import type { Brand } from './base.ts'

/** sha256 of a version's bundle, params and strategy-API version, 64 hex digits. */
export type VersionHash = Brand<string, 'VersionHash'>

export type DeploymentId = Brand<string, 'DeploymentId'>

export type OrderId = Brand<string, 'OrderId'>

/** The venue's name of a fill, unique among all fills of a home. */
export type FillId = Brand<string, 'FillId'>

export type PositionId = Brand<string, 'PositionId'>

/** `desk` is the owner of last resort: it holds to settlement. */
export type Owner = VersionHash | 'desk'

/** Ids of orders and positions: the home's prefix keeps them unique beyond one home folder. */
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

/** Of a replay, which has one deployment and journals none. */
export const REPLAY_DEPLOYMENT = 'replay' as DeploymentId
