import { describe, expect, it } from 'vitest'
import { createFileActions } from '../../src/renderer/data/file-actions.ts'
import { createFilesStore, strategyOf } from '../../src/renderer/data/files-store.ts'
import type { CallInput, CallName, CallOutput } from '../../src/shared/ipc/calls.ts'
import type { DeskClient } from '../../src/shared/ipc/connection.ts'
import type { FileText, WriteResult } from '../../src/shared/ipc/files.ts'

/** A strategies folder whose hashes are the texts' own words. */
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
    if (name === 'files.read') return read((input as CallInput<'files.read'>).path)
    if (name === 'files.write') return write(input as CallInput<'files.write'>)
    throw new Error(`not faked: ${name}`)
  }
  const desk: DeskClient = {
    call: async <N extends CallName>(name: N, input: CallInput<N>) => answer(name, input) as CallOutput<N>,
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
  const model = createFileActions(desk, store)
  await model.loadAll('snipe')
  const changeOnDisk = async (path: string, text: string): Promise<void> => {
    disk.set(path, text)
    model.receive([{ kind: 'file', entry: { path, hash: hash(text), bytes: text.length } }])
    await new Promise((resolve) => setImmediate(resolve))
  }
  const file = (path = 'snipe.ts') => store.getState().files[path]
  return { disk, store, model, changeOnDisk, file }
}

describe('a strategy file', () => {
  it('of the first slot is open at the start', async () => {
    const { store } = await opened()
    expect(store.getState().active).toBe('snipe.ts')
  })

  it('is saved on the base it grew from, and is then clean', async () => {
    const { disk, model, file } = await opened()
    model.edit('snipe.ts', 'mine')
    expect(await model.save('snipe.ts')).toMatchObject({ tone: 'done', saved: true })
    expect(disk.get('snipe.ts')).toBe('mine')
    expect(file()).toMatchObject({ base: 'mine', draft: 'mine', saving: false })
  })

  it('without changes follows the disk', async () => {
    const { changeOnDisk, file } = await opened()
    await changeOnDisk('snipe.ts', 'conflict')
    expect(file()).toMatchObject({ draft: 'conflict', conflict: null, revision: 1 })
  })

  it('with changes is never overwritten: the disk waits as conflict, and a save is refused', async () => {
    const { disk, model, changeOnDisk, file } = await opened()
    model.edit('snipe.ts', 'mine')
    await changeOnDisk('snipe.ts', 'conflict')
    expect(file()).toMatchObject({ draft: 'mine', conflict: { text: 'conflict' } })
    expect(await model.save('snipe.ts')).toMatchObject({ tone: 'refused', saved: false })
    expect(disk.get('snipe.ts')).toBe('conflict')
  })

  it('kept as mine replaces conflict at the next save', async () => {
    const { disk, model, changeOnDisk } = await opened()
    model.edit('snipe.ts', 'mine')
    await changeOnDisk('snipe.ts', 'conflict')
    model.keepDraft('snipe.ts')
    expect(await model.save('snipe.ts')).toMatchObject({ saved: true })
    expect(disk.get('snipe.ts')).toBe('mine')
  })

  it('reloaded as conflict drops the draft', async () => {
    const { model, changeOnDisk, file } = await opened()
    model.edit('snipe.ts', 'mine')
    await changeOnDisk('snipe.ts', 'conflict')
    model.discardDraft('snipe.ts')
    expect(file()).toMatchObject({ draft: 'conflict', base: 'conflict', conflict: null })
  })

  it('changed behind our back, unnoticed, is found out by the write and becomes a conflict', async () => {
    const { disk, model, file } = await opened()
    disk.set('snipe.ts', 'conflict')
    model.edit('snipe.ts', 'mine')
    expect(await model.save('snipe.ts')).toMatchObject({ tone: 'refused', text: 'changed on disk' })
    expect(file()).toMatchObject({ draft: 'mine', saving: false, conflict: { text: 'conflict' } })
  })

  it('gone from disk is forgotten, unless it holds text that is nowhere else', async () => {
    const { disk, model, store } = await opened()
    model.edit('snipe.ts', 'mine')
    disk.clear()
    await model.loadAll(null)
    expect(store.getState().paths).toEqual(['snipe.ts'])
  })

  it('belongs to the strategy it names, else to its file name', () => {
    expect(strategyOf('late.ts', "defineStrategy({ name: 'snipe' })")).toBe('snipe')
    expect(strategyOf('lib/late.ts', 'export {}')).toBe('late')
  })
})
