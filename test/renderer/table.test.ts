import { describe, expect, it } from 'vitest'
import { ROW_PX, rowByKey, rowWindow, scrollToSee } from '../../src/renderer/ui/row-window.ts'

describe('a long table', () => {
  it('renders the visible rows and some beyond them', () => {
    expect(rowWindow(0, 280, 5_000)).toEqual({ first: 0, last: 22 })
    expect(rowWindow(100 * ROW_PX, 280, 5_000)).toEqual({ first: 88, last: 122 })
    expect(rowWindow(0, 280, 3)).toEqual({ first: 0, last: 3 })
  })

  it('that became shorter than its scroll position renders its end', () => {
    const { first, last } = rowWindow(9_000 * ROW_PX, 280, 4)
    expect(last).toBe(4)
    expect(first).toBeLessThanOrEqual(4)
  })

  it('moves by keys within its rows', () => {
    expect(rowByKey('ArrowDown', -1, 10)).toBe(0)
    expect(rowByKey('ArrowUp', 0, 10)).toBe(0)
    expect(rowByKey('PageDown', 4, 10)).toBe(9)
    expect(rowByKey('End', 0, 10)).toBe(9)
    expect(rowByKey('Home', 9, 10)).toBe(0)
    expect(rowByKey('x', 3, 10)).toBeUndefined()
    expect(rowByKey('ArrowDown', -1, 0)).toBeUndefined()
  })

  it('scrolls only as far as needed to show a row fully', () => {
    expect(scrollToSee(3, 0, 280)).toBe(0)
    expect(scrollToSee(20, 0, 280)).toBe(22 * ROW_PX - 280)
    expect(scrollToSee(2, 280, 280)).toBe(2 * ROW_PX)
  })
})
