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
