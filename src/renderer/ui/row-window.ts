/** Height of a table row, and of the table head. */
export const ROW_PX = 28
/** Rows rendered beyond the visible ones, so that fast scrolling shows no blank area. */
const OVERSCAN = 12

/** Rows to render of `count`, from `first` up to but excluding `last`, in a box of `height` scrolled by `scrollTop` pixels. */
export function rowWindow(scrollTop: number, height: number, count: number): { first: number; last: number } {
  const last = Math.min(count, Math.ceil((Math.max(0, scrollTop) + height) / ROW_PX) + OVERSCAN)
  const first = Math.max(0, Math.min(Math.floor(scrollTop / ROW_PX) - OVERSCAN, last))
  return { first, last }
}

/** New `scrollTop` that makes row `index` fully visible below the sticky table head. */
export function scrollToSee(index: number, scrollTop: number, height: number): number {
  const top = index * ROW_PX
  if (top < scrollTop) return top
  const bottom = top + 2 * ROW_PX
  return bottom > scrollTop + height ? bottom - height : scrollTop
}

const PAGE = 10

/** Row that a key moves to from row `at` (−1: none); undefined for other keys. */
export function rowByKey(key: string, at: number, count: number): number | undefined {
  if (count === 0) return undefined
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + PAGE, PageUp: at - PAGE, Home: 0, End: count - 1 }[
    key
  ]
  return to === undefined ? undefined : Math.min(count - 1, Math.max(0, to))
}
