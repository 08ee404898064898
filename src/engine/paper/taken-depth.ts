import { type Price, type Shares, shares } from '../../shared/domain/money.ts'
import type { WindowId } from '../../shared/domain/slots.ts'
import type { BookUpdate, Level } from '../events.ts'

export type BookSide = 'bids' | 'asks'

/** Shares that paper fills took from one price level of a window's Up book. */
export interface TakenLevel {
  readonly windowId: WindowId
  readonly side: BookSide
  readonly price: Price
  readonly taken: Shares
}

/**
 * Shares that earlier paper fills took from real levels. The venue never saw those fills, so it goes on to show the shares;
 * they stay subtracted until it shows their level gone. A level that grows makes only its growth available.
 */
export class TakenDepth {
  private readonly levels = new Map<WindowId, Record<BookSide, Map<Price, Shares>>>()

  /** Number of windows with shares taken. */
  get size(): number {
    return this.levels.size
  }

  /** Counts shares taken from a level. */
  take(windowId: WindowId, side: BookSide, price: Price, quantity: Shares): void {
    const taken = this.of(windowId)[side]
    taken.set(price, shares((taken.get(price) ?? 0) + quantity))
  }

  private of(windowId: WindowId): Record<BookSide, Map<Price, Shares>> {
    const found = this.levels.get(windowId) ?? { bids: new Map(), asks: new Map() }
    this.levels.set(windowId, found)
    return found
  }

  /** Forgets levels that a usable book shows gone. */
  onBook(book: BookUpdate): void {
    const levels = this.levels.get(book.windowId)
    if (levels === undefined) return
    forgetGone(levels.bids, book.bids, (price, worst) => price >= worst)
    forgetGone(levels.asks, book.asks, (price, worst) => price <= worst)
  }

  /** The book without the shares that were taken; levels without any left are absent. */
  available(book: BookUpdate): BookUpdate {
    const taken = this.levels.get(book.windowId)
    if (taken === undefined) return book
    return { ...book, bids: without(book.bids, taken.bids), asks: without(book.asks, taken.asks) }
  }

  forget(windowId: WindowId): void {
    this.levels.delete(windowId)
  }

  save(): readonly TakenLevel[] {
    return [...this.levels].flatMap(([windowId, sides]) =>
      (['bids', 'asks'] as const).flatMap((side) =>
        [...sides[side]].map(([price, taken]) => ({ windowId, side, price, taken })),
      ),
    )
  }

  restore(saved: readonly TakenLevel[]): void {
    for (const { windowId, side, price, taken } of saved) this.take(windowId, side, price, taken)
  }
}

/** @param isShown true for a price within the depth that the book shows: a shortened book says nothing of levels behind it */
function forgetGone(
  taken: Map<Price, Shares>,
  shown: readonly Level[],
  isShown: (price: Price, worst: Price) => boolean,
): void {
  if (taken.size === 0) return
  const prices = new Set(shown.map((level) => level.price))
  const worst = shown.at(-1)?.price
  for (const price of taken.keys())
    if (!prices.has(price) && (worst === undefined || isShown(price, worst))) taken.delete(price)
}

function without(levels: readonly Level[], taken: ReadonlyMap<Price, Shares>): readonly Level[] {
  if (taken.size === 0) return levels
  return levels.flatMap((level) => {
    const left = level.shares - (taken.get(level.price) ?? 0)
    return left > 0 ? [{ price: level.price, shares: shares(left) }] : []
  })
}
