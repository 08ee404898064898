import type { Owner, VersionHash } from './ids.ts'

export interface VersionRef {
  readonly hash: VersionHash
  readonly strategy: string
  /** `snipe v7 · 3fa9c1` */
  readonly label: string
  /** Running number of the strategy's versions; picks the colour. */
  readonly number: number
}

/** A version, or the desk itself, as whoever opened or owns something. */
export interface OwnerRef extends Omit<VersionRef, 'hash'> {
  readonly hash: Owner
}
