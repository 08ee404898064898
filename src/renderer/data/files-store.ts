import { createStore, type StoreApi } from 'zustand/vanilla'
import type { FileText } from '../../shared/ipc/files.ts'

/** One strategy file as this window holds it. */
export interface OpenFile {
  readonly path: string
  /** Hash of the text on disk that the draft grew from. */
  readonly baseHash: string
  readonly base: string
  readonly draft: string
  /** Grows when the draft was replaced from outside the editor. */
  readonly revision: number
  /** The disk's newer text, while the draft has changes of its own. */
  readonly conflict: { readonly hash: string; readonly text: string } | null
  readonly saving: boolean
  readonly error: string | null
}

export interface FilesState {
  readonly paths: readonly string[]
  readonly files: Readonly<Record<string, OpenFile>>
  readonly active: string | null
  /** Declarations of the module `baton`. */
  readonly types: string | null
  readonly loaded: boolean
  readonly error: string | null
  /** Where the editor should put its cursor; grows in `seq` so that the same place can be asked for twice. */
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

/** True when the draft differs from what it grew from. */
export function isDirty(file: OpenFile): boolean {
  return file.draft !== file.base
}

/** Replaces one file; a path that is not open stays so. */
export function withFile(state: FilesState, path: string, change: Partial<OpenFile>): FilesState {
  const file = state.files[path]
  return file === undefined ? state : { ...state, files: { ...state.files, [path]: { ...file, ...change } } }
}

/** Takes in a text read from disk: adopted where the draft has nothing to lose, else held as conflict. */
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

/** Forgets files that are gone from disk, unless they hold text that is nowhere else. */
export function onlyListed(state: FilesState, listed: ReadonlySet<string>): FilesState {
  const kept = state.paths.filter((path) => {
    const file = state.files[path]
    return listed.has(path) || (file !== undefined && isDirty(file))
  })
  if (kept.length === state.paths.length) return state
  const files = Object.fromEntries(Object.entries(state.files).filter(([path]) => kept.includes(path)))
  return { ...state, paths: kept, files, active: kept.find((path) => path === state.active) ?? kept[0] ?? null }
}

/** Drops the draft for the disk's text. */
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

/** Keeps the draft, on top of the disk's text: the next save replaces that knowingly. */
export function keepDraft(state: FilesState, path: string): FilesState {
  const file = state.files[path]
  if (file === undefined || file.conflict === null) return state
  return withFile(state, path, { baseHash: file.conflict.hash, base: file.conflict.text, conflict: null, error: null })
}

/** Name a strategy file gives itself, else its file name; what its deployments and versions are listed under. */
export function strategyOf(path: string, text: string): string {
  const named = /\bname:\s*['"]([a-z][a-z0-9-]*)['"]/.exec(text)?.[1]
  return named ?? path.replace(/^.*\//, '').replace(/\.ts$/, '')
}

/** Name of the strategy that a file on disk defines; null for a helper. */
export function strategyIn({ path, base }: Pick<OpenFile, 'path' | 'base'>): string | null {
  return !path.includes('/') && base.includes('defineStrategy(') ? strategyOf(path, base) : null
}

/** Names of all strategies that have a version or a file, in order; helpers are none. */
export function strategiesOf(
  files: FilesState['files'],
  versions: readonly { readonly strategy: string }[],
): readonly string[] {
  const named = Object.values(files).flatMap((file) => strategyIn(file) ?? [])
  return [...new Set([...versions.map((row) => row.strategy), ...named])].toSorted()
}
