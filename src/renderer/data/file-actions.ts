import type { DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import {
  type FilesState,
  type FilesStore,
  fileOnDisk,
  isDirty,
  keepDraft,
  onlyListed,
  strategyOf,
  discardDraft,
  withFile,
} from './files-store.ts'

interface SaveResult {
  readonly tone: 'done' | 'refused' | 'failed'
  readonly text: string
  /** The disk holds the draft now. */
  readonly saved: boolean
}

/** What the editor may do with files; every answer of the desk ends in the store. */
export interface FileActions {
  /** Reads everything; the file of `strategy` is opened unless one is open. */
  loadAll(strategy: string | null): Promise<void>
  receive(pushes: readonly DeskPush[]): void
  open(path: string, at?: { readonly line: number; readonly column: number }): void
  edit(path: string, draft: string): void
  /** Writes the draft; what is worth telling comes back as one sentence. */
  save(path: string): Promise<SaveResult>
  discardDraft(path: string): void
  keepDraft(path: string): void
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function firstFile(state: FilesState, strategy: string | null): string | null {
  const own = Object.values(state.files).find((file) => strategyOf(file.path, file.base) === strategy)
  return own?.path ?? state.paths.find((path) => !path.includes('/')) ?? state.paths[0] ?? null
}

export function createFileActions(desk: DeskClient, store: FilesStore): FileActions {
  const refresh = async (path: string): Promise<void> => {
    const text = await desk.call('files.read', { path })
    // While a save is under way its own answer says what the disk holds.
    if (text !== null && store.getState().files[path]?.saving !== true) {
      store.setState((state) => fileOnDisk(state, text))
    }
  }

  return {
    async loadAll(strategy) {
      try {
        const [entries, types] = await Promise.all([desk.call('files.list', {}), desk.call('editor.types', {})])
        await Promise.all(entries.map((entry) => refresh(entry.path)))
        store.setState((state) => ({
          ...onlyListed(state, new Set(entries.map((entry) => entry.path))),
          types: types.text,
          loaded: true,
          error: null,
          active: state.active ?? firstFile(state, strategy),
        }))
      } catch (error) {
        store.setState({ loaded: true, error: messageOf(error) })
      }
    },
    receive(pushes) {
      const changed = new Set<string>()
      for (const push of pushes) {
        if (push.kind === 'file' && push.entry.hash !== store.getState().files[push.entry.path]?.baseHash) {
          changed.add(push.entry.path)
        }
      }
      // A failed read is tried again with the next push or the next reconnect.
      for (const path of changed) void refresh(path).catch(() => {})
    },
    open(path, at) {
      store.setState((state) => ({
        ...state,
        active: path,
        jump: at === undefined ? state.jump : { seq: (state.jump?.seq ?? 0) + 1, path, ...at },
      }))
    },
    edit(path, draft) {
      store.setState((state) => withFile(state, path, { draft, error: null }))
    },
    async save(path) {
      const file = store.getState().files[path]
      if (file === undefined) return { tone: 'failed', text: `${path} is not open.`, saved: false }
      if (file.conflict !== null) {
        return { tone: 'refused', text: `${path} changed on disk. Reload conflict or keep mine first.`, saved: false }
      }
      if (!isDirty(file))
        return { tone: 'done', text: `${path} is already as it is on disk: nothing to deploy.`, saved: false }
      if (file.saving) return { tone: 'refused', text: `${path} is being saved.`, saved: false }
      const { draft, baseHash } = file
      store.setState((state) => withFile(state, path, { saving: true, error: null }))
      try {
        const result = await desk.call('files.write', { path, text: draft, baseHash })
        if (result.ok) {
          store.setState((state) => withFile(state, path, { saving: false, baseHash: result.hash, base: draft }))
          return { tone: 'done', text: `Saved ${path}.`, saved: true }
        }
        store.setState((state) => withFile(state, path, { saving: false, error: result.error }))
        if (result.currentHash !== null && result.currentHash !== baseHash) await refresh(path)
        return { tone: 'refused', text: result.error, saved: false }
      } catch (error) {
        const text = `${path} was not saved: ${messageOf(error)}. Your text is still here.`
        store.setState((state) => withFile(state, path, { saving: false, error: text }))
        return { tone: 'failed', text, saved: false }
      }
    },
    discardDraft(path) {
      store.setState((state) => discardDraft(state, path))
    },
    keepDraft(path) {
      store.setState((state) => keepDraft(state, path))
    },
  }
}
