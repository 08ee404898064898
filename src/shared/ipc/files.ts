import type { VersionRef } from '../domain/versions.ts'

export interface FileEntry {
  readonly path: string
  readonly hash: string
  readonly bytes: number
}

export interface FileText extends FileEntry {
  readonly text: string
}

export type WriteResult =
  | { readonly ok: true; readonly hash: string }
  | { readonly ok: false; readonly error: string; readonly currentHash: string | null }

export interface VersionSource {
  readonly version: VersionRef
  readonly files: readonly { readonly path: string; readonly text: string }[]
}
