import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkAssertions } from '../../scripts/layers/assertions.ts'
import { drawParts, withDrawing } from '../../scripts/layers/drawing.ts'
import { sourcesBelow } from '../../scripts/layers/sources.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const json = (path: string) => JSON.parse(readFileSync(resolve(ROOT, path), 'utf8'))

const planted = (text: string, file = 'main/db/planted.ts', allowed = {}) =>
  checkAssertions(allowed, new Map([[file, text]])).map(({ line }) => line)

describe('assertions of types', () => {
  test('stand only in constructors of brands and in parsers', () => {
    expect(checkAssertions(json('lint/assertions.json'), sourcesBelow(resolve(ROOT, 'src')))).toEqual([])
  })

  test.each([
    'export const a = JSON.parse("1") as number',
    'export const a = [] as unknown as number[]',
    'export const a = <number>JSON.parse("1")',
    'export const a = [1][0]!',
    'export const a = [1].at(0)!.toFixed()',
    'export const a = (JSON.parse("{}") as { a: 1 }).a',
  ])('are refused elsewhere: %s', (text) => {
    expect(planted(text)).toContain(1)
  })

  test('what narrows without asserting is none', () => {
    const text = 'export const a = [1] as const\nexport const b = { x: 1 } satisfies { x: number }\nexport { a as c }'
    expect(planted(text)).toEqual([])
  })

  test('an allowed file may assert, and leaves the list once it does not', () => {
    const allowed = { 'main/db/planted.ts': 'a parser' }
    expect(planted('export const a = 1 as number', 'main/db/planted.ts', allowed)).toEqual([])
    expect(checkAssertions(allowed, new Map([['main/db/planted.ts', 'export const a = 1']]))).toEqual([
      expect.objectContaining({ message: expect.stringContaining('lint/assertions.json') }),
    ])
  })
})

describe('the drawing of parts', () => {
  test('in ARCHITECTURE.md is the one that the table gives', () => {
    const page = readFileSync(resolve(ROOT, 'ARCHITECTURE.md'), 'utf8')
    const table = json('lint/layers.json')
    expect(page).toContain(drawParts(table))
    expect(withDrawing(page, table)).toBe(page)
    expect(withDrawing(page, { ...table, 'main/new': { may: ['engine'] } })).not.toBe(page)
  })

  test('leaves out arrows that follow from others', () => {
    const drawn = drawParts({ a: { may: ['b', 'c', 'zod'] }, b: { may: ['c/file.ts'] }, c: { may: [] } })
    expect(drawn).toContain('a --> b')
    expect(drawn).toContain('b --> c')
    expect(drawn).not.toContain('a --> c')
  })
})
