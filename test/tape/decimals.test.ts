import fc from 'fast-check'
import { expect, test } from 'vitest'
import { microOf } from '../../src/main/recorded-files/decimals.ts'

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
