/** Layout of a price as four numbers in an array; prices are too frequent to allocate an object for each. */

/** When the desk received the price, ms. */
export const TICK_TS = 0
/** The venue's own time of the price, ms. */
export const TICK_VENUE = 1
export const TICK_PRICE = 2
/** Base volume traded since the previous price. */
export const TICK_VOLUME = 3
export const TICK_CELLS = 4
