import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EARLIEST_TIME, formName, parseTime, TOO_LATE_TIME, timeOfCount } from '../../src/shared/domain/dates.ts'
import { isoUtc, parseDuration } from '../../src/shared/domain/time.ts'

const T = Date.UTC(2025, 2, 3, 14, 0, 7)

/** Every form of one moment that is taken, with what is cut off below a millisecond. */
const FORMS = [
  '2025-03-03T14:00:07Z',
  '2025-03-03T14:00:07',
  '2025-03-03 14:00:07',
  '2025-03-03 14:00:07Z',
  '2025-03-03 14:00:07 UTC',
  '2025-03-03 14:00:07+00',
  '2025-03-03 14:00:07+00:00',
  '2025-03-03 14:00:07.000',
  '2025-03-03t14:00:07.000999z',
  '2025-03-03T09:00:07-05:00',
  '2025-03-03T19:30:07+0530',
  ' 1741010407 ',
  '1741010407000',
  '1741010407000999',
  '1741010407000000999',
  '1741010407.0',
]

describe('a time', () => {
  it.each(FORMS)('A4: "%s" is the same moment', (text) => {
    expect(parseTime(text)).toMatchObject({ ok: true, value: { ms: T } })
  })

  it('A6: a date is its midnight in UTC, a time without seconds its minute', () => {
    expect(parseTime('2025-03-03')).toMatchObject({ value: { ms: Date.UTC(2025, 2, 3) } })
    expect(parseTime('2025-03-03 14:05')).toMatchObject({ value: { ms: Date.UTC(2025, 2, 3, 14, 5) } })
  })

  it('A5: the unit of a count is told by its magnitude, and named', () => {
    const forms = ['1741010407', '1741010407000', '1741010407000000', '1741010407000000000'].map((text) => {
      const parsed = parseTime(text)
      return parsed.ok ? formName(parsed.value.form) : parsed.error
    })
    expect(forms).toEqual(
      ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'].map((unit) => `${unit} since 1970`),
    )
  })

  it('A5: within 2009–2099 no count is possible in two units, and what is outside is none', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: EARLIEST_TIME, max: TOO_LATE_TIME - 1 }),
        fc.constantFrom(1e-3, 1, 1e3, 1e6),
        (ms, factor) => {
          const count = factor < 1 ? Math.floor(ms / 1000) : ms * factor
          expect(timeOfCount(count)?.ms).toBe(factor < 1 ? count * 1000 : ms)
        },
      ),
    )
    for (const text of [
      '0',
      '946684800',
      '20250303',
      '1230767999',
      '4102444800',
      '4102444800000',
      '99999999999999999999',
    ])
      expect(parseTime(text)).toMatchObject({ ok: false, error: expect.stringContaining('2009–2099') })
    for (const text of ['1999-12-31T00:00:00Z', '2008-12-31 23:59:59', '2100-01-01', '9999-01-01'])
      expect(parseTime(text)).toMatchObject({ ok: false, error: expect.stringContaining('outside 2009–2099') })
  })

  it.each([
    '',
    'yesterday',
    '03/04/2025',
    '04.03.2025 10:00',
    '2025-3-3',
    '2025-02-30',
    '2025-13-01',
    '2025-03-03 24:00:00',
    '2025-03-03 10:60',
    '2025-03-03T14:00:07+25:00',
    '2025-03-03 14:00:07 EST',
    '2025-03-03 2:00 PM',
    '2025-03-03T14',
    '1.7e12',
    '-1741010407',
    '0x68c5a1a7',
  ])('A6: "%s" is refused in one line that says what to write', (text) => {
    const parsed = parseTime(text)
    expect(parsed.ok ? parsed.value : parsed.error).toMatch(
      /^\S.* is no time.*: write ISO 8601, UTC where no offset is given/,
    )
  })

  it('every moment written as text is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: EARLIEST_TIME, max: TOO_LATE_TIME - 1 }), (ms) => {
        expect(parseTime(isoUtc(ms))).toMatchObject({ value: { ms, form: 'text' } })
      }),
    )
  })

  it.each(['America/New_York', 'Asia/Kolkata', 'UTC'])('A4, A6: nothing depends on the time zone %s', (zone) => {
    const module = resolve(import.meta.dirname, '../../src/shared/domain/dates.ts')
    // 02:30 on this day does not exist on the clocks of New York.
    const texts = [...FORMS, '2025-03-09 02:30', '2025-03-09']
    const code = `import { parseTime } from ${JSON.stringify(module)}
      console.log(JSON.stringify(${JSON.stringify(texts)}.map((text) => parseTime(text).value?.ms)))`
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', code], { env: { ...process.env, TZ: zone } })
    expect(JSON.parse(ran.stdout.toString())).toEqual([
      ...FORMS.map(() => T),
      Date.UTC(2025, 2, 9, 2, 30),
      Date.UTC(2025, 2, 9),
    ])
  })
})

it('a duration longer than a century is none', () => {
  expect([parseDuration('90s'), parseDuration('1h30m'), parseDuration('36500d')]).toEqual([
    90_000, 5_400_000, 3_153_600_000_000,
  ])
  for (const text of ['', '0s', '90', '1.5h', '-1h', '36501d', '99999999999999999999d'])
    expect(parseDuration(text)).toBeUndefined()
})
