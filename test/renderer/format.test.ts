import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as format from '../../src/renderer/ui/format.ts'
import { VERSION_COLORS, VersionColours, versionStyle } from '../../src/renderer/ui/version-style.ts'
import { usd } from '../../src/shared/domain/money.ts'

describe('figures', () => {
  it.each([
    [9_100_000, '+$9.10'],
    [-7_850_000, '−$7.85'],
    [0, '$0.00'],
    [-4_000, '$0.00'],
    [1_234_567_890, '+$1,234.57'],
  ])('profit of %d micro-USD is %s', (micro, text) => {
    expect(format.profit(usd(micro))).toBe(text)
  })

  it('money has no plus sign and a true minus sign', () => {
    expect(format.money(usd(25_000_000))).toBe('$25.00')
    expect(format.money(usd(-25_000_000))).toBe('−$25.00')
  })

  it('a price follows the tick of its market', () => {
    expect(format.price(820_000, 10_000)).toBe('0.82')
    expect(format.price(965_000, 1_000)).toBe('0.965')
    expect(format.price(null)).toBe(format.NONE)
  })

  it('never writes minus zero', () => {
    expect(format.bp(-0.04)).toBe('0.0')
    expect(format.bp(-1.06)).toBe('−1.1')
    expect(format.bp(3.9)).toBe('+3.9')
  })

  it.each([
    [0.42, '0.42 ms'],
    [431, '431 ms'],
    [1_400, '1.4 s'],
    [372_000, '6 min 12 s'],
    [7_500_000, '2 h 5 min'],
    [null, '–'],
  ])('duration of %s ms is %s', (ms, text) => {
    expect(format.duration(ms)).toBe(text)
  })

  it.each([
    [24_000, '0:24'],
    [23_001, '0:24'],
    [372_000, '6:12'],
    [3_725_000, '1:02:05'],
    [-5, '0:00'],
  ])('countdown of %d ms is %s', (ms, text) => {
    expect(format.countdown(ms)).toBe(text)
  })

  it('an asset price has enough decimals to show a basis point', () => {
    for (const value of [68_412.5, 171.31, 17.42, 0.5312, 0.1422]) {
      expect(10 ** -format.assetDecimals(value)).toBeLessThanOrEqual(value / 10_000)
    }
  })

  it('times are UTC', () => {
    const ts = Date.UTC(2026, 10, 20, 10, 4, 36)
    expect(format.clock(ts)).toBe('10:04:36')
    expect(format.dateTime(ts)).toBe('20 Nov 10:04:36')
  })
})

describe('a version', () => {
  it('looks the same wherever it is shown', () => {
    expect(versionStyle({ hash: 'a1', number: 7 })).toEqual(versionStyle({ hash: 'a1', number: 7 }))
  })

  it('has another colour than the previous ones, as long as there are unused colours', () => {
    const colours = new VersionColours()
    const given = VERSION_COLORS.map((_, number) => colours.of(`v${number}`))
    expect(new Set(given).size).toBe(VERSION_COLORS.length)
  })

  it('U14: no two versions that trade at the same time have the same colour, whatever is deployed and rolled back', () => {
    const deploy = fc.record({ strategy: fc.integer({ min: 0, max: 3 }), back: fc.nat(20), isBack: fc.boolean() })
    let deployed = 0
    fc.assert(
      fc.property(fc.array(deploy, { maxLength: 60 }), (steps) => {
        const colours = new VersionColours()
        const made: { hash: string; strategy: number; state: string }[] = []
        deployed += steps.length
        for (const { strategy, back, isBack } of steps) {
          const own = made.filter((version) => version.strategy === strategy)
          const target = isBack ? own[back % Math.max(1, own.length)] : undefined
          for (const version of own) version.state = 'retired'
          if (target === undefined) made.push({ hash: `s${strategy} v${own.length}`, strategy, state: 'live' })
          else target.state = 'live'
          const before = new Map(made.map(({ hash }) => [hash, colours.of(hash)]))
          const changed = colours.update(made)
          const live = made.filter(({ state }) => state === 'live').map(({ hash }) => colours.of(hash))
          expect(new Set(live).size).toBe(live.length)
          // A version keeps its colour unless another trading version has the same.
          const moved = made.filter(({ hash }) => before.get(hash) !== colours.of(hash))
          expect(moved.length > 0).toBe(changed)
        }
        const reopened = new VersionColours()
        reopened.restore(colours.remembered())
        for (const { hash } of made) expect(reopened.of(hash)).toBe(colours.of(hash))
      }),
      { numRuns: 200, seed: 5 },
    )
    expect(deployed).toBeGreaterThan(500)
  })
})
