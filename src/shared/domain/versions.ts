import type { Owner, VersionHash } from './ids.ts'

export interface VersionRef {
  readonly hash: VersionHash
  readonly strategy: string
  /** `snipe v7 · 3fa9c1` */
  readonly label: string
  /** Sequence number of the strategy's versions; determines the colour. */
  readonly number: number
}

/** A version or the desk, as an owner. */
export interface OwnerRef extends Omit<VersionRef, 'hash'> {
  readonly hash: Owner
}
