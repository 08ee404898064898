/**
 * Where the figures of a price stand in the four cells that carry it: a price is told so often that it is no object.
 */

/** When the desk received it. */
export const TICK_TS = 0
/** The venue's own time of it. */
export const TICK_VENUE = 1
export const TICK_PRICE = 2
/** Base volume traded since the one before. */
export const TICK_VOLUME = 3
export const TICK_CELLS = 4
