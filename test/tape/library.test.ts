import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findTape, listTapes } from '../../src/main/tape/library.ts'
import { temporaryFolder } from '../support/cli.ts'
import { T0, value, writeTape } from '../support/tape.ts'

let folder = temporaryFolder()
beforeEach(() => {
  folder = temporaryFolder()
  mkdirSync(join(folder.path, 'imported'))
  for (const segment of [0, 1, 2])
    writeTape(join(folder.path, `b-${segment}.tape`), 2, { session: 'b', segment }, 100 + 8 * segment)
  writeTape(join(folder.path, 'a-0.tape'), 1, { session: 'a' })
  writeTape(join(folder.path, 'imported', 'day.tape'), 1, { session: 'x', origin: 'import' })
})
afterEach(() => folder.remove())

describe('a tape folder', () => {
  test('lists recordings with their segments in order, and imports by name', () => {
    const { recordings, damaged } = listTapes(folder.path)
    expect(recordings.map((one) => [one.name, one.imported, one.files.length, one.records, one.gaps])).toEqual([
      ['a', false, 1, 4, []],
      ['b', false, 3, 24, []],
      ['day', true, 1, 4, []],
    ])
    expect(recordings[1]).toMatchObject({ firstTs: T0, lastTs: T0 + 10_003 })
    expect(recordings[1]?.files.map((file) => file.segment)).toEqual([0, 1, 2])
    expect(damaged).toEqual([])
  })

  test('names missing segments, sequence numbers that do not continue and damaged files', () => {
    rmSync(join(folder.path, 'b-1.tape'))
    const path = join(folder.path, 'a-0.tape')
    writeFileSync(path, readFileSync(path).fill(7, 70, 80))
    const { recordings, damaged } = listTapes(folder.path)
    expect(recordings.map((one) => one.name)).toEqual(['b', 'day'])
    expect(recordings[0]?.gaps.map((gap) => gap.text)).toEqual([
      'segment 1 is missing',
      'segment 2 begins with record 116, not 108',
    ])
    expect(damaged).toEqual([{ path, error: expect.stringContaining('block 0 at byte 0') }])
    expect(value(findTape(folder.path, 'a-0'))).toEqual([path])
  })

  test('finds a tape by path and by name, and says what there is otherwise', () => {
    expect(value(findTape(folder.path, 'b'))).toHaveLength(3)
    expect(value(findTape(folder.path, join(folder.path, 'a-0.tape')))).toHaveLength(1)
    expect(findTape(folder.path, 'c')).toEqual({
      ok: false,
      error: 'there is no tape "c"; there are: a, b, day',
    })
    expect(listTapes(join(folder.path, 'nowhere'))).toEqual({ recordings: [], damaged: [] })
  })
})
