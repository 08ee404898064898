/** Height of a table row and of its heading. */
export const ROW_PX = 28
/** Rows drawn beyond what is seen, so that a quick scroll meets no blank. */
const BEYOND = 12

/** Rows to draw of `count` when `scrollTop` pixels are scrolled away in a box of `height`: `first` up to `last`. */
export function rowWindow(scrollTop: number, height: number, count: number): { first: number; last: number } {
  const last = Math.min(count, Math.ceil((Math.max(0, scrollTop) + height) / ROW_PX) + BEYOND)
  const first = Math.max(0, Math.min(Math.floor(scrollTop / ROW_PX) - BEYOND, last))
  return { first, last }
}

/** Where the box has to be scrolled for row `index` to be seen whole, below the heading that stays. */
export function scrollToSee(index: number, scrollTop: number, height: number): number {
  const top = index * ROW_PX
  if (top < scrollTop) return top
  const bottom = top + 2 * ROW_PX
  return bottom > scrollTop + height ? bottom - height : scrollTop
}

const PAGE = 10

/** The row that a key leads to from row `at` (−1: none yet); undefined when the key is not one that moves. */
export function rowByKey(key: string, at: number, count: number): number | undefined {
  if (count === 0) return undefined
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + PAGE, PageUp: at - PAGE, Home: 0, End: count - 1 }[
    key
  ]
  return to === undefined ? undefined : Math.min(count - 1, Math.max(0, to))
}
