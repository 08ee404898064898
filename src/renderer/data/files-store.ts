import { createStore, type StoreApi } from 'zustand/vanilla'
import type { FileText } from '../../shared/ipc/files.ts'

/** One strategy file in the editor. */
export interface OpenFile {
  readonly path: string
  /** Hash of `base`. */
  readonly baseHash: string
  /** Text on disk that the draft is based on. */
  readonly base: string
  readonly draft: string
  /** Incremented when the draft was replaced from outside the editor. */
  readonly revision: number
  /** A newer text on disk, while the draft has unsaved changes; null without a conflict. */
  readonly conflict: { readonly hash: string; readonly text: string } | null
  readonly saving: boolean
  readonly error: string | null
}

export interface FilesState {
  readonly paths: readonly string[]
  readonly files: Readonly<Record<string, OpenFile>>
  readonly active: string | null
  /** Type declarations of the module `baton`. */
  readonly types: string | null
  readonly loaded: boolean
  readonly error: string | null
  /** Where to put the cursor; `seq` is incremented so that the same place can be requested twice. */
  readonly jump: { readonly seq: number; readonly path: string; readonly line: number; readonly column: number } | null
}

export type FilesStore = StoreApi<FilesState>

export function createFilesStore(): FilesStore {
  return createStore<FilesState>(() => ({
    paths: [],
    files: {},
    active: null,
    types: null,
    loaded: false,
    error: null,
    jump: null,
  }))
}

/** True when the draft has unsaved changes. */
export function isDirty(file: OpenFile): boolean {
  return file.draft !== file.base
}

/** Changes one file; an unknown path is ignored. */
export function withFile(state: FilesState, path: string, change: Partial<OpenFile>): FilesState {
  const file = state.files[path]
  return file === undefined ? state : { ...state, files: { ...state.files, [path]: { ...file, ...change } } }
}

/** Merges a text read from disk: it replaces a draft without unsaved changes, else it is kept as a conflict. */
export function fileOnDisk(state: FilesState, text: FileText): FilesState {
  const file = state.files[text.path]
  if (file === undefined) {
    const opened: OpenFile = {
      path: text.path,
      baseHash: text.hash,
      base: text.text,
      draft: text.text,
      revision: 0,
      conflict: null,
      saving: false,
      error: null,
    }
    const paths = [...state.paths.filter((path) => path !== text.path), text.path].sort()
    return { ...state, paths, files: { ...state.files, [text.path]: opened } }
  }
  if (text.hash === file.baseHash) return withFile(state, text.path, { conflict: null })
  if (!isDirty(file) || file.draft === text.text) {
    return withFile(state, text.path, {
      baseHash: text.hash,
      base: text.text,
      draft: text.text,
      revision: file.draft === text.text ? file.revision : file.revision + 1,
      conflict: null,
      error: null,
    })
  }
  return withFile(state, text.path, { conflict: { hash: text.hash, text: text.text } })
}

/** Drops files that are no longer on disk, except those with unsaved changes. */
export function onlyListed(state: FilesState, listed: ReadonlySet<string>): FilesState {
  const kept = state.paths.filter((path) => {
    const file = state.files[path]
    return listed.has(path) || (file !== undefined && isDirty(file))
  })
  if (kept.length === state.paths.length) return state
  const files = Object.fromEntries(Object.entries(state.files).filter(([path]) => kept.includes(path)))
  return { ...state, paths: kept, files, active: kept.find((path) => path === state.active) ?? kept[0] ?? null }
}

/** Replaces the draft by the conflicting text on disk. */
export function discardDraft(state: FilesState, path: string): FilesState {
  const file = state.files[path]
  if (file === undefined || file.conflict === null) return state
  const { hash, text } = file.conflict
  return withFile(state, path, {
    baseHash: hash,
    base: text,
    draft: text,
    revision: file.revision + 1,
    conflict: null,
    error: null,
  })
}

/** Keeps the draft, now based on the conflicting text on disk: the next save overwrites it. */
export function keepDraft(state: FilesState, path: string): FilesState {
  const file = state.files[path]
  if (file === undefined || file.conflict === null) return state
  return withFile(state, path, { baseHash: file.conflict.hash, base: file.conflict.text, conflict: null, error: null })
}

/** The `name` in a strategy file, else its file name; deployments and versions are listed under it. */
export function strategyOf(path: string, text: string): string {
  const named = /\bname:\s*['"]([a-z][a-z0-9-]*)['"]/.exec(text)?.[1]
  return named ?? path.replace(/^.*\//, '').replace(/\.ts$/, '')
}

/** Name of the strategy that a file on disk defines; null for a helper module. */
export function strategyIn({ path, base }: Pick<OpenFile, 'path' | 'base'>): string | null {
  return !path.includes('/') && base.includes('defineStrategy(') ? strategyOf(path, base) : null
}

/** Names of all strategies that have a version or a file, sorted. */
export function strategiesOf(
  files: FilesState['files'],
  versions: readonly { readonly strategy: string }[],
): readonly string[] {
  const named = Object.values(files).flatMap((file) => strategyIn(file) ?? [])
  return [...new Set([...versions.map((row) => row.strategy), ...named])].toSorted()
}
