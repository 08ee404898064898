import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { csvText } from '../../src/shared/attribution/flat.ts'
import { csvLine } from '../../src/shared/csv.ts'

it.each(['=1+1', '+1+1', '-1+cmd|x', '@SUM(A1)', '\t=1', '\r=1', ' =1+1', '＝1+1', '=HYPERLINK("http://x","y")'])(
  'B10: the text %j is no formula in a spreadsheet',
  (text) => {
    const [[cell = ''] = []] = parse(csvLine([text])) as string[][]
    expect(cell).toBe(`'${text}`)
  },
)

it('B10: numbers stay numbers, as numbers and as text', () => {
  expect(csvLine([-1.5, 0, 1e-7, '-2', '+3.5', '1e5', null, true])).toBe('-1.5,0,1e-7,-2,+3.5,1e5,,true\n')
})

it('B10: a reason that begins with an equals sign is neutralised in an export, names of columns too', () => {
  expect(csvText([{ why: '=1+1, or "more"', '=x': 1 }])).toBe(`why,'=x\n"'=1+1, or ""more""",1\n`)
})

it('any text is read back, led by an apostrophe or not', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2 }), (cells) => {
      const [found = []] = parse(csvLine(cells), { relax_column_count: true }) as string[][]
      expect(found.map((cell, i) => (cell === cells[i] ? cell : cell.replace(/^'/, '')))).toEqual(cells)
      for (const cell of found) expect(/^[=+\-@\t\r]/.test(cell) && Number.isNaN(Number(cell))).toBe(false)
    }),
  )
})
