/** Closed candles as columns, oldest first; `end` is one past the newest. */
export interface Columns {
  readonly openTime: ArrayLike<number>
  readonly open: ArrayLike<number>
  readonly high: ArrayLike<number>
  readonly low: ArrayLike<number>
  readonly close: ArrayLike<number>
  readonly volume: ArrayLike<number>
  readonly end: number
}

/** Everything a slot's view is made from. */
export interface ViewSources {
  readonly slot: string
  readonly asset: string
  readonly timeframe: string
  /** Numbers of the slot, laid out by `ROW`. */
  readonly row: Row
  /** Holds the current time; may be the same array as `row`. */
  readonly clock: Row
  /** Holds the asset's newest price; may be the same array as `row`. */
  readonly last: Row
  readonly candles: Readonly<Record<string, Columns>>
  /** Maximum number of visible candles by frame. */
  readonly keep: Readonly<Record<string, number>>
  /** Updates quotes and closing mean; called at their first read in a `decide`. Null when `row` is always current. */
  readonly refreshQuotes: (() => void) | null
  /** Updates the newest price; called at its first read in a `decide`. Null when `last` is always current. */
  readonly refreshPrice: (() => void) | null
}

type Row = ArrayLike<number | null>

/** Data behind a slot's view; not reachable by a strategy. */
export interface ViewData {
  /** True only during the slot's own `decide`; the view throws otherwise. */
  open: boolean
  row: Row
  clock: Row
  last: Row
  positionId: string | null
  orders: readonly unknown[]
}

export type ViewMaker = (sources: ViewSources) => { readonly data: ViewData; readonly view: object }

/**
 * Makes views: objects of getters over data that a strategy cannot reach, one per slot and reused, so that evaluations
 * allocate nothing. Like the prelude it is turned into source text, so it must not refer to anything outside itself.
 *
 * Getters are short on purpose: V8 always inlines functions of up to 27 bytes of bytecode, and larger ones only within a
 * budget that a larger strategy uses up.
 */
export function viewMaker(row: Readonly<Record<string, number>>, regimes: readonly string[]): ViewMaker {
  const { freeze, defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames } = Object
  const isMissing = Number.isNaN
  const at = (name: string): number => {
    const index = row[name]
    if (index === undefined) throw new TypeError(`a row has no ${name}`)
    return index
  }
  const NOW = at('now')
  const WINDOW_END = at('windowEnd')
  const HELD = at('held')
  const HELD_SIDE = at('heldSide')
  const SETTLED = at('settled')
  const QUOTES_AT = at('quotesAt')
  const TICK = at('tick')

  const throwClosed = (): never => {
    throw new TypeError('a view can only be read during its own decide; copy values to keep into the state')
  }
  const throwMissing = (frame: unknown): never => {
    throw new RangeError(`there are no candles of ${String(frame)}: 1m, 5m or 15m`)
  }
  const toNullable = (value: number | null | undefined): number | null =>
    value === null || value === undefined || isMissing(value) ? null : value

  const difference = (a: number | null | undefined, b: number | null | undefined): number => (a ?? 0) - (b ?? 0)

  /** Guarded data of a view: every access throws outside the slot's own `decide`. */
  class Source implements ViewData {
    open = false
    row: Row
    clock: Row
    last: Row
    positionId: string | null = null
    orders: readonly unknown[] = []
    held: object | null = null
    settled: object | null = null
    readonly sources: ViewSources
    constructor(sources: ViewSources) {
      this.sources = sources
      this.row = sources.row
      this.clock = sources.clock
      this.last = sources.last
    }
    check(): void {
      if (!this.open) throwClosed()
    }
    get opened(): Source {
      return this.open ? this : throwClosed()
    }
    get cells(): Row {
      return this.open ? this.row : throwClosed()
    }
    /** The cells with current quotes and closing mean. */
    get quoted(): Row {
      const { cells } = this
      if (cells[QUOTES_AT] !== this.clock[NOW]) this.refreshQuotes()
      return cells
    }
    refreshQuotes(): void {
      if (this.sources.refreshQuotes !== null) this.sources.refreshQuotes()
    }
    /** The cells with the current price. */
    get newest(): Row {
      const { last } = this.opened
      if (last[NOW] !== this.clock[NOW]) this.refreshPrice()
      return last
    }
    refreshPrice(): void {
      if (this.sources.refreshPrice !== null) this.sources.refreshPrice()
    }
    get now() {
      return this.opened.clock[NOW]
    }
    get price() {
      return this.newest[PRICE]
    }
    get priceAgeMs() {
      return difference(this.clock[NOW], this.newest[PRICE_TS])
    }
    get secondsLeft() {
      return difference(this.cells[WINDOW_END], this.clock[NOW]) / 1000
    }
    get position() {
      return this.cells[HELD] ? this.held : null
    }
    get lastSettlement() {
      return this.cells[SETTLED] ? this.settled : null
    }
  }
  const sideOf = (code: number | null | undefined) => (code === 1 ? 'down' : 'up')

  // Getters are copied to the object itself, shared by all of its class: views can be spread and listed, and stay fast.
  const finish = <T extends object>(made: T, { prototype }: { prototype: object }): T => {
    for (const name of getOwnPropertyNames(prototype)) {
      const get = getOwnPropertyDescriptor(prototype, name)?.get
      if (get !== undefined) defineProperty(made, name, { get, enumerable: true })
    }
    return freeze(made)
  }

  class Quote {
    readonly #data: Source
    readonly #at: number
    constructor(data: Source, first: number) {
      this.#data = data
      this.#at = first
    }
    get bid() {
      return toNullable(this.#data.quoted[this.#at])
    }
    get ask() {
      return toNullable(this.#data.quoted[this.#at + 1])
    }
    get bidShares() {
      return this.#data.quoted[this.#at + 2]
    }
    get askShares() {
      return this.#data.quoted[this.#at + 3]
    }
  }

  const MEAN_SECONDS = at('meanSeconds')
  const MEAN_ELAPSED = at('meanElapsed')
  const MEAN = at('mean')
  class Settlement {
    readonly #data: Source
    constructor(data: Source) {
      this.#data = data
    }
    get seconds() {
      return this.#data.quoted[MEAN_SECONDS]
    }
    get elapsed() {
      return this.#data.quoted[MEAN_ELAPSED]
    }
    get mean() {
      return toNullable(this.#data.quoted[MEAN])
    }
  }

  const HELD_SHARES = at('heldShares')
  const HELD_COST = at('heldCostUsd')
  const HELD_AVERAGE = at('heldAveragePrice')
  const HELD_OPENED = at('heldOpenedAt')
  class Position {
    readonly #data: Source
    constructor(data: Source) {
      this.#data = data
    }
    get id() {
      return this.#data.opened.positionId
    }
    get side() {
      return sideOf(this.#data.cells[HELD_SIDE])
    }
    get shares() {
      return this.#data.cells[HELD_SHARES]
    }
    get costUsd() {
      return this.#data.cells[HELD_COST]
    }
    get averagePrice() {
      return this.#data.cells[HELD_AVERAGE]
    }
    get openedAt() {
      return this.#data.cells[HELD_OPENED]
    }
  }

  const SETTLED_START = at('settledStart')
  const SETTLED_OUTCOME = at('settledOutcome')
  const SETTLED_PROFIT = at('settledProfitUsd')
  class LastSettlement {
    readonly #data: Source
    constructor(data: Source) {
      this.#data = data
    }
    get windowStart() {
      return this.#data.cells[SETTLED_START]
    }
    get outcome() {
      return sideOf(this.#data.cells[SETTLED_OUTCOME])
    }
    get profitUsd() {
      return toNullable(this.#data.cells[SETTLED_PROFIT])
    }
  }

  class Candles {
    readonly #data: Source
    readonly #columns: Columns
    readonly #keep: number
    constructor(data: Source, frame: string) {
      this.#data = data
      this.#columns = data.sources.candles[frame] ?? throwMissing(frame)
      this.#keep = data.sources.keep[frame] ?? 0
      freeze(this)
    }
    get length() {
      this.#data.check()
      const { end } = this.#columns
      return end < this.#keep ? end : this.#keep
    }
    #read(column: ArrayLike<number>, ago: number) {
      const { end } = this.#columns
      const length = end < this.#keep ? end : this.#keep
      this.#data.check()
      if (!(ago >= 0 && ago < length)) throw new RangeError(`there is no candle ${ago}: ${length} are available`)
      return column[end - 1 - ago]
    }
    openTime(ago: number) {
      return this.#read(this.#columns.openTime, ago)
    }
    open(ago: number) {
      return this.#read(this.#columns.open, ago)
    }
    high(ago: number) {
      return this.#read(this.#columns.high, ago)
    }
    low(ago: number) {
      return this.#read(this.#columns.low, ago)
    }
    close(ago: number) {
      return this.#read(this.#columns.close, ago)
    }
    volume(ago: number) {
      return this.#read(this.#columns.volume, ago)
    }
  }

  const WINDOW_START = at('windowStart')
  const STRIKE = at('strike')
  const STRIKE_IS_ESTIMATE = at('strikeIsEstimate')
  const PRICE = at('price')
  const PRICE_TS = at('priceTs')
  const MIN_SHARES = at('minShares')
  const MIN_STAKE = at('minStakeUsd')
  const FEE_RATE = at('feeRate')
  const REGIME = at('regime')
  class View {
    readonly #data: Source
    readonly up: Quote
    readonly down: Quote
    readonly settlement: Settlement
    /** Independent of `this`, so that it also works on a copy of the view. */
    readonly candles: (frame: string) => Candles
    constructor(data: Source) {
      this.#data = data
      this.up = finish(new Quote(data, at('upBid')), Quote)
      this.down = finish(new Quote(data, at('downBid')), Quote)
      this.settlement = finish(new Settlement(data), Settlement)
      const series: Readonly<Record<string, Candles | undefined>> = {
        '1m': new Candles(data, '1m'),
        '5m': new Candles(data, '5m'),
        '15m': new Candles(data, '15m'),
      }
      this.candles = (frame) => {
        const found = series[frame]
        return found === undefined ? throwMissing(frame) : found
      }
    }
    get slot() {
      return this.#data.opened.sources.slot
    }
    get asset() {
      return this.#data.opened.sources.asset
    }
    get timeframe() {
      return this.#data.opened.sources.timeframe
    }
    get now() {
      return this.#data.now
    }
    get windowStart() {
      return this.#data.cells[WINDOW_START]
    }
    get windowEnd() {
      return this.#data.cells[WINDOW_END]
    }
    get secondsLeft() {
      return this.#data.secondsLeft
    }
    get strike() {
      return toNullable(this.#data.cells[STRIKE])
    }
    get strikeIsEstimate() {
      return this.#data.cells[STRIKE_IS_ESTIMATE] === 1
    }
    get price() {
      return this.#data.price
    }
    get priceAgeMs() {
      return this.#data.priceAgeMs
    }
    get tick() {
      return this.#data.quoted[TICK]
    }
    get minShares() {
      return this.#data.cells[MIN_SHARES]
    }
    get minStakeUsd() {
      return this.#data.cells[MIN_STAKE]
    }
    get feeRate() {
      return this.#data.cells[FEE_RATE]
    }
    get position() {
      return this.#data.position
    }
    get orders() {
      return this.#data.opened.orders
    }
    get lastSettlement() {
      return this.#data.lastSettlement
    }
    get regime() {
      return regimes[this.#data.quoted[REGIME] ?? -1] ?? null
    }
  }

  // Classes are reachable through `constructor`, so a strategy must not be able to modify them.
  for (const kind of [Source, Quote, Settlement, Position, LastSettlement, Candles, View]) {
    freeze(kind)
    freeze(kind.prototype)
  }
  return (sources) => {
    const data = new Source(sources)
    data.held = finish(new Position(data), Position)
    data.settled = finish(new LastSettlement(data), LastSettlement)
    return { data, view: finish(new View(data), View) }
  }
}
