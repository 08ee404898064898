import { describe, expect, it } from 'vitest'
import { createFilesSession } from '../../src/renderer/data/files-session.ts'
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
  const session = createFilesSession(desk, store)
  await session.loadAll('snipe')
  const changeOnDisk = async (path: string, text: string): Promise<void> => {
    disk.set(path, text)
    session.receive([{ kind: 'file', entry: { path, hash: hash(text), bytes: text.length } }])
    await new Promise((resolve) => setImmediate(resolve))
  }
  const file = (path = 'snipe.ts') => store.getState().files[path]
  return { disk, store, session, changeOnDisk, file }
}

describe('a strategy file', () => {
  it('of the first slot is open at the start', async () => {
    const { store } = await opened()
    expect(store.getState().active).toBe('snipe.ts')
  })

  it('is saved on the base it grew from, and is then clean', async () => {
    const { disk, session, file } = await opened()
    session.edit('snipe.ts', 'mine')
    expect(await session.save('snipe.ts')).toMatchObject({ tone: 'done', saved: true })
    expect(disk.get('snipe.ts')).toBe('mine')
    expect(file()).toMatchObject({ base: 'mine', draft: 'mine', saving: false })
  })

  it('without changes follows the disk', async () => {
    const { changeOnDisk, file } = await opened()
    await changeOnDisk('snipe.ts', 'theirs')
    expect(file()).toMatchObject({ draft: 'theirs', theirs: null, revision: 1 })
  })

  it('with changes is never overwritten: the disk waits as theirs, and a save is refused', async () => {
    const { disk, session, changeOnDisk, file } = await opened()
    session.edit('snipe.ts', 'mine')
    await changeOnDisk('snipe.ts', 'theirs')
    expect(file()).toMatchObject({ draft: 'mine', theirs: { text: 'theirs' } })
    expect(await session.save('snipe.ts')).toMatchObject({ tone: 'refused', saved: false })
    expect(disk.get('snipe.ts')).toBe('theirs')
  })

  it('kept as mine replaces theirs at the next save', async () => {
    const { disk, session, changeOnDisk } = await opened()
    session.edit('snipe.ts', 'mine')
    await changeOnDisk('snipe.ts', 'theirs')
    session.keepMine('snipe.ts')
    expect(await session.save('snipe.ts')).toMatchObject({ saved: true })
    expect(disk.get('snipe.ts')).toBe('mine')
  })

  it('reloaded as theirs drops the draft', async () => {
    const { session, changeOnDisk, file } = await opened()
    session.edit('snipe.ts', 'mine')
    await changeOnDisk('snipe.ts', 'theirs')
    session.reloadTheirs('snipe.ts')
    expect(file()).toMatchObject({ draft: 'theirs', base: 'theirs', theirs: null })
  })

  it('changed behind our back, unnoticed, is found out by the write and becomes a conflict', async () => {
    const { disk, session, file } = await opened()
    disk.set('snipe.ts', 'theirs')
    session.edit('snipe.ts', 'mine')
    expect(await session.save('snipe.ts')).toMatchObject({ tone: 'refused', text: 'changed on disk' })
    expect(file()).toMatchObject({ draft: 'mine', saving: false, theirs: { text: 'theirs' } })
  })

  it('gone from disk is forgotten, unless it holds text that is nowhere else', async () => {
    const { disk, session, store } = await opened()
    session.edit('snipe.ts', 'mine')
    disk.clear()
    await session.loadAll(null)
    expect(store.getState().paths).toEqual(['snipe.ts'])
  })

  it('belongs to the strategy it names, else to its file name', () => {
    expect(strategyOf('late.ts', "defineStrategy({ name: 'snipe' })")).toBe('snipe')
    expect(strategyOf('lib/late.ts', 'export {}')).toBe('late')
  })
})
