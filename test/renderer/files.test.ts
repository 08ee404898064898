import { describe, expect, it } from 'vitest'
import { FileActions } from '../../src/renderer/data/file-actions.ts'
import { createFilesStore, strategyOf } from '../../src/renderer/data/files-store.ts'
import { parseOutput } from '../../src/renderer/data/wire.ts'
import { CALLS, type CallInput, type CallName } from '../../src/shared/ipc/calls.ts'
import type { DeskClient } from '../../src/shared/ipc/connection.ts'
import type { FileText, WriteResult } from '../../src/shared/ipc/files.ts'

/** A desk with a strategies folder; the hash of a text is the text itself. */
function fakeDesk(files: Map<string, string>) {
  const hash = (text: string): string => `h:${text}`
  const read = (path: string): FileText | null => {
    const text = files.get(path)
    return text === undefined ? null : { path, hash: hash(text), bytes: text.length, text }
  }
  const write = (input: CallInput<'files.write'>): WriteResult => {
    const current = files.get(input.path)
    if (current !== undefined && hash(current) !== input.baseHash) {
      return { ok: false, error: 'changed on disk', currentHash: hash(current) }
    }
    files.set(input.path, input.text)
    return { ok: true, hash: hash(input.text) }
  }
  const answer = (name: CallName, input: unknown): unknown => {
    if (name === 'files.list')
      return [...files.keys()].map((path) => ({ path, hash: hash(files.get(path) ?? ''), bytes: 1 }))
    if (name === 'editor.types') return { text: '' }
    if (name === 'files.read') return read(CALLS[name].input.parse(input).path)
    if (name === 'files.write') return write(CALLS[name].input.parse(input))
    throw new Error(`not faked: ${name}`)
  }
  const desk: DeskClient = {
    call: async <N extends CallName>(name: N, input: CallInput<N>) => parseOutput(name, answer(name, input)),
    onPush: () => () => {},
    onConnection: () => () => {},
  }
  return { desk, hash }
}

async function opened() {
  const disk = new Map([
    ['snipe.ts', "name: 'snipe'"],
    ['lib/chance.ts', 'chance'],
  ])
  const { desk, hash } = fakeDesk(disk)
  const store = createFilesStore()
  const actions = new FileActions(desk, store)
  await actions.loadAll('snipe')
  const changeOnDisk = async (path: string, text: string): Promise<void> => {
    disk.set(path, text)
    actions.receive([{ kind: 'file', entry: { path, hash: hash(text), bytes: text.length } }])
    await new Promise((resolve) => setImmediate(resolve))
  }
  const file = (path = 'snipe.ts') => store.getState().files[path]
  return { disk, store, actions, changeOnDisk, file }
}

describe('a strategy file', () => {
  it('of the given strategy is open after loading', async () => {
    const { store } = await opened()
    expect(store.getState().active).toBe('snipe.ts')
  })

  it('is saved, and then has no unsaved changes', async () => {
    const { disk, actions, file } = await opened()
    actions.edit('snipe.ts', 'mine')
    expect(await actions.save('snipe.ts')).toMatchObject({ tone: 'done', saved: true })
    expect(disk.get('snipe.ts')).toBe('mine')
    expect(file()).toMatchObject({ base: 'mine', draft: 'mine', saving: false })
  })

  it('without unsaved changes is updated from disk', async () => {
    const { changeOnDisk, file } = await opened()
    await changeOnDisk('snipe.ts', 'conflict')
    expect(file()).toMatchObject({ draft: 'conflict', conflict: null, revision: 1 })
  })

  it('with unsaved changes is not overwritten: a change on disk is a conflict, and a save is refused', async () => {
    const { disk, actions, changeOnDisk, file } = await opened()
    actions.edit('snipe.ts', 'mine')
    await changeOnDisk('snipe.ts', 'conflict')
    expect(file()).toMatchObject({ draft: 'mine', conflict: { text: 'conflict' } })
    expect(await actions.save('snipe.ts')).toMatchObject({ tone: 'refused', saved: false })
    expect(disk.get('snipe.ts')).toBe('conflict')
  })

  it('overwrites the conflicting text at the next save after keepDraft', async () => {
    const { disk, actions, changeOnDisk } = await opened()
    actions.edit('snipe.ts', 'mine')
    await changeOnDisk('snipe.ts', 'conflict')
    actions.keepDraft('snipe.ts')
    expect(await actions.save('snipe.ts')).toMatchObject({ saved: true })
    expect(disk.get('snipe.ts')).toBe('mine')
  })

  it('takes the conflicting text after discardDraft', async () => {
    const { actions, changeOnDisk, file } = await opened()
    actions.edit('snipe.ts', 'mine')
    await changeOnDisk('snipe.ts', 'conflict')
    actions.discardDraft('snipe.ts')
    expect(file()).toMatchObject({ draft: 'conflict', base: 'conflict', conflict: null })
  })

  it('changed on disk without a push is detected by the write and becomes a conflict', async () => {
    const { disk, actions, file } = await opened()
    disk.set('snipe.ts', 'conflict')
    actions.edit('snipe.ts', 'mine')
    expect(await actions.save('snipe.ts')).toMatchObject({ tone: 'refused', text: 'changed on disk' })
    expect(file()).toMatchObject({ draft: 'mine', saving: false, conflict: { text: 'conflict' } })
  })

  it('removed from disk is dropped, unless it has unsaved changes', async () => {
    const { disk, actions, store } = await opened()
    actions.edit('snipe.ts', 'mine')
    disk.clear()
    await actions.loadAll(null)
    expect(store.getState().paths).toEqual(['snipe.ts'])
  })

  it('belongs to the strategy that it names, else to the one of its file name', () => {
    expect(strategyOf('late.ts', "defineStrategy({ name: 'snipe' })")).toBe('snipe')
    expect(strategyOf('lib/late.ts', 'export {}')).toBe('late')
  })
})
