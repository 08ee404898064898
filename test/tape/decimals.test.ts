import fc from 'fast-check'
import { expect, test } from 'vitest'
import { microOf, utcOf } from '../../src/main/tape/import/decimals.ts'

test('decimals become exact micro-units', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999 }), fc.integer({ min: 0, max: 999_999 }), (whole, micro) => {
      const text = `${whole}.${String(micro).padStart(6, '0')}`
      expect(microOf(text)).toBe(whole * 1_000_000 + micro)
      expect(microOf(`${text}00`)).toBe(whole * 1_000_000 + micro)
      expect(microOf(text.replace(/0+$/, '').replace(/\.$/, ''))).toBe(whole * 1_000_000 + micro)
    }),
  )
  expect(microOf('0.0')).toBe(0)
  expect(microOf('4386.31')).toBe(4_386_310_000)
})

test.each(['', '.', '.5', '1.', '-1', '1e3', '1.2.3', ' 1', '0.0000001', '1234567890', 'x', '1,5'])(
  '"%s" is no decimal',
  (text) => {
    expect(microOf(text)).toBeNaN()
  },
)

test('times are UTC, and only real ones', () => {
  expect(utcOf('2025-12-26 10:34:14')).toBe(Date.UTC(2025, 11, 26, 10, 34, 14))
  for (const text of ['2025-02-30 10:00:00', '2025-12-26T10:34:14', '2025-12-26 25:00:00', ''])
    expect(utcOf(text)).toBeNaN()
})
