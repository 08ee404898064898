import { messageOf } from '../../shared/domain/base.ts'
import type { DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import {
  discardDraft,
  type FilesState,
  type FilesStore,
  fileOnDisk,
  isDirty,
  keepDraft,
  type OpenFile,
  onlyListed,
  strategyOf,
  withFile,
} from './files-store.ts'

interface SaveResult {
  readonly tone: 'done' | 'refused' | 'failed'
  readonly text: string
  /** The draft is on disk. */
  readonly saved: boolean
}

function firstFile(state: FilesState, strategy: string | null): string | null {
  const own = Object.values(state.files).find((file) => strategyOf(file.path, file.base) === strategy)
  return own?.path ?? state.paths.find((path) => !path.includes('/')) ?? state.paths[0] ?? null
}

/** Why a file is not written now; null where it can be. */
function refuseSave(file: OpenFile): SaveResult | null {
  const { path } = file
  if (file.conflict !== null) {
    const text = `${path} changed on disk. Reload it from disk, or keep your text, and save again.`
    return { tone: 'refused', text, saved: false }
  }
  if (!isDirty(file)) return { tone: 'done', text: `${path} has no changes: nothing to deploy.`, saved: false }
  return file.saving ? { tone: 'refused', text: `${path} is being saved.`, saved: false } : null
}

/** What the editor does with strategy files. */
export class FileActions {
  private readonly client: DeskClient
  private readonly store: FilesStore

  constructor(client: DeskClient, store: FilesStore) {
    this.client = client
    this.store = store
  }

  /** Reads all files; opens the file of `strategy` unless one is open. */
  async loadAll(strategy: string | null): Promise<void> {
    const { client, store } = this
    try {
      const [entries, types] = await Promise.all([client.call('files.list', {}), client.call('editor.types', {})])
      await Promise.all(entries.map((entry) => this.read(entry.path)))
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
  }

  receive(pushes: readonly DeskPush[]): void {
    const changed = new Set<string>()
    for (const push of pushes) {
      if (push.kind === 'file' && push.entry.hash !== this.store.getState().files[push.entry.path]?.baseHash) {
        changed.add(push.entry.path)
      }
    }
    // A failed read is repeated at the next push or the next connection.
    for (const path of changed) void this.read(path).catch(() => {})
  }

  open(path: string, at?: { readonly line: number; readonly column: number }): void {
    this.store.setState((state) => ({
      ...state,
      active: path,
      jump: at === undefined ? state.jump : { seq: (state.jump?.seq ?? 0) + 1, path, ...at },
    }))
  }

  edit(path: string, draft: string): void {
    this.change(path, { draft, error: null })
  }

  /** Writes the draft. @returns the outcome as one sentence */
  async save(path: string): Promise<SaveResult> {
    const file = this.store.getState().files[path]
    if (file === undefined) return { tone: 'failed', text: `${path} is not open.`, saved: false }
    const refusal = refuseSave(file)
    if (refusal !== null) return refusal
    const { draft, baseHash } = file
    this.change(path, { saving: true, error: null })
    try {
      const result = await this.client.call('files.write', { path, text: draft, baseHash })
      if (result.ok) {
        this.change(path, { saving: false, baseHash: result.hash, base: draft })
        return { tone: 'done', text: `Saved ${path}.`, saved: true }
      }
      this.change(path, { saving: false, error: result.error })
      if (result.currentHash !== null && result.currentHash !== baseHash) await this.read(path)
      return { tone: 'refused', text: result.error, saved: false }
    } catch (error) {
      const text = `${path} was not saved: ${messageOf(error)}. Your text is still in the editor.`
      this.change(path, { saving: false, error: text })
      return { tone: 'failed', text, saved: false }
    }
  }

  /** Replaces the draft by the text on disk. */
  discardDraft(path: string): void {
    this.store.setState((state) => discardDraft(state, path))
  }

  /** Keeps the draft; the next save overwrites the text on disk. */
  keepDraft(path: string): void {
    this.store.setState((state) => keepDraft(state, path))
  }

  private change(path: string, change: Partial<OpenFile>): void {
    this.store.setState((state) => withFile(state, path, change))
  }

  private async read(path: string): Promise<void> {
    const text = await this.client.call('files.read', { path })
    // During a save, the answer to the write reports what is on disk.
    if (text !== null && this.store.getState().files[path]?.saving !== true) {
      this.store.setState((state) => fileOnDisk(state, text))
    }
  }
}
