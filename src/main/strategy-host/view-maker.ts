/** Columns of closed candles; `end` is one past the newest. */
export interface Columns {
  readonly openTime: ArrayLike<number>
  readonly open: ArrayLike<number>
  readonly high: ArrayLike<number>
  readonly low: ArrayLike<number>
  readonly close: ArrayLike<number>
  readonly volume: ArrayLike<number>
  readonly end: number
}

/** What a slot's view is made of, at first. */
export interface Given {
  readonly slot: string
  readonly asset: string
  readonly timeframe: string
  /** Figures by `ROW`: the slot's own, the moment, and the asset's newest price. One row may hold them all. */
  readonly row: Row
  readonly clock: Row
  readonly last: Row
  readonly candles: Readonly<Record<string, Columns>>
  /** Most candles of each frame that may be seen. */
  readonly keep: Readonly<Record<string, number>>
  /** Fills in quotes and closing mean, or the newest price; called once a `decide`, when first looked at. */
  readonly fill: (() => void) | null
  readonly look: (() => void) | null
}

type Row = ArrayLike<number | null>

/** What a slot's view reads from. A strategy never holds it. */
export interface Raw {
  /** False while nobody may look: a view is good during its own `decide` alone. */
  open: boolean
  row: Row
  clock: Row
  last: Row
  positionId: string | null
  orders: readonly unknown[]
}

export type ViewMaker = (given: Given) => { readonly raw: Raw; readonly view: object }

/**
 * Makes views: objects of getters over figures that a strategy cannot reach, one a slot and reused, so that the hot path
 * makes no garbage. Like the prelude it is turned into source text, so it must not refer to anything outside itself.
 *
 * Every getter is short on purpose: V8 inlines a function of up to 27 bytes of bytecode wherever it is called, and a
 * larger one only while a budget lasts, which a strategy of some size uses up.
 */
export function viewMaker(row: Readonly<Record<string, number>>, regimes: readonly string[]): ViewMaker {
  const { freeze, defineProperty, getOwnPropertyDescriptors } = Object
  const isMissing = Number.isNaN
  const at = (name: string) => row[name] as number
  const NOW = at('now')
  const WINDOW_END = at('windowEnd')
  const HELD = at('held')
  const HELD_SIDE = at('heldSide')
  const SETTLED = at('settled')
  const FILLED = at('filled')
  const TICK = at('tick')

  const gone = (): never => {
    throw new TypeError('a view can be read during its own decide alone; copy what must be kept into the state')
  }
  const known = (value: number | null | undefined): number | null =>
    value === null || value === undefined || isMissing(value) ? null : value

  /** Guards what a view reads from: every way to it throws outside its own `decide`. */
  class Source implements Raw {
    open = false
    row: Row
    clock: Row
    last: Row
    positionId: string | null = null
    orders: readonly unknown[] = []
    held: object | null = null
    settled: object | null = null
    readonly given: Given
    constructor(given: Given) {
      this.given = given
      this.row = given.row
      this.clock = given.clock
      this.last = given.last
    }
    check(): void {
      if (!this.open) gone()
    }
    get opened(): Source {
      return this.open ? this : gone()
    }
    get cells(): Row {
      return this.open ? this.row : gone()
    }
    /** The cells with quotes and closing mean in them. */
    get filled(): Row {
      const { cells } = this
      if (cells[FILLED] !== this.clock[NOW]) this.fill()
      return cells
    }
    fill(): void {
      if (this.given.fill !== null) this.given.fill()
    }
    /** The cells with the newest price in them. */
    get newest(): Row {
      const { last } = this.opened
      if (last[NOW] !== this.clock[NOW]) this.look()
      return last
    }
    look(): void {
      if (this.given.look !== null) this.given.look()
    }
    get now() {
      return this.opened.clock[NOW]
    }
    get price() {
      return this.newest[PRICE]
    }
    get priceAgeMs() {
      return (this.clock[NOW] as number) - (this.newest[PRICE_TS] as number)
    }
    get secondsLeft() {
      return ((this.cells[WINDOW_END] as number) - (this.clock[NOW] as number)) / 1000
    }
    get position() {
      return this.cells[HELD] ? this.held : null
    }
    get lastSettlement() {
      return this.cells[SETTLED] ? this.settled : null
    }
  }
  const sideOf = (code: number | null | undefined) => (code === 1 ? 'down' : 'up')

  // Getters stand on the object itself, shared by all of a kind: a view can be copied and listed, and stays fast.
  const finish = <T extends object>(made: T, kind: { prototype: object }): T => {
    for (const [name, { get }] of Object.entries(getOwnPropertyDescriptors(kind.prototype)) as [
      string,
      PropertyDescriptor,
    ][]) {
      if (get !== undefined) defineProperty(made, name, { get, enumerable: true })
    }
    return freeze(made)
  }

  class Quote {
    readonly #raw: Source
    readonly #at: number
    constructor(raw: Source, first: number) {
      this.#raw = raw
      this.#at = first
    }
    get bid() {
      return known(this.#raw.filled[this.#at])
    }
    get ask() {
      return known(this.#raw.filled[this.#at + 1])
    }
    get bidShares() {
      return this.#raw.filled[this.#at + 2]
    }
    get askShares() {
      return this.#raw.filled[this.#at + 3]
    }
  }

  const MEAN_SECONDS = at('meanSeconds')
  const MEAN_ELAPSED = at('meanElapsed')
  const MEAN = at('mean')
  class Settlement {
    readonly #raw: Source
    constructor(raw: Source) {
      this.#raw = raw
    }
    get seconds() {
      return this.#raw.filled[MEAN_SECONDS]
    }
    get elapsed() {
      return this.#raw.filled[MEAN_ELAPSED]
    }
    get mean() {
      return known(this.#raw.filled[MEAN])
    }
  }

  const HELD_SHARES = at('heldShares')
  const HELD_COST = at('heldCostUsd')
  const HELD_AVERAGE = at('heldAveragePrice')
  const HELD_OPENED = at('heldOpenedAt')
  class Position {
    readonly #raw: Source
    constructor(raw: Source) {
      this.#raw = raw
    }
    get id() {
      return this.#raw.opened.positionId
    }
    get side() {
      return sideOf(this.#raw.cells[HELD_SIDE])
    }
    get shares() {
      return this.#raw.cells[HELD_SHARES]
    }
    get costUsd() {
      return this.#raw.cells[HELD_COST]
    }
    get averagePrice() {
      return this.#raw.cells[HELD_AVERAGE]
    }
    get openedAt() {
      return this.#raw.cells[HELD_OPENED]
    }
  }

  const SETTLED_START = at('settledStart')
  const SETTLED_OUTCOME = at('settledOutcome')
  const SETTLED_PROFIT = at('settledProfitUsd')
  class LastSettlement {
    readonly #raw: Source
    constructor(raw: Source) {
      this.#raw = raw
    }
    get windowStart() {
      return this.#raw.cells[SETTLED_START]
    }
    get outcome() {
      return sideOf(this.#raw.cells[SETTLED_OUTCOME])
    }
    get profitUsd() {
      return known(this.#raw.cells[SETTLED_PROFIT])
    }
  }

  class Candles {
    readonly #raw: Source
    readonly #columns: Columns
    readonly #keep: number
    constructor(raw: Source, frame: string) {
      this.#raw = raw
      this.#columns = raw.given.candles[frame] as Columns
      this.#keep = raw.given.keep[frame] ?? 0
      freeze(this)
    }
    get length() {
      this.#raw.check()
      const { end } = this.#columns
      return end < this.#keep ? end : this.#keep
    }
    #read(column: ArrayLike<number>, ago: number): number {
      const { end } = this.#columns
      const length = end < this.#keep ? end : this.#keep
      this.#raw.check()
      if (!(ago >= 0 && ago < length)) throw new RangeError(`candle ${ago} is not there: ${length} are`)
      return column[end - 1 - ago] as number
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
    readonly #raw: Source
    readonly up: Quote
    readonly down: Quote
    readonly settlement: Settlement
    /** Bound to nothing: a copy of the view can call it as well. */
    readonly candles: (frame: string) => Candles
    constructor(raw: Source) {
      this.#raw = raw
      this.up = finish(new Quote(raw, at('upBid')), Quote)
      this.down = finish(new Quote(raw, at('downBid')), Quote)
      this.settlement = finish(new Settlement(raw), Settlement)
      const series = { '1m': new Candles(raw, '1m'), '5m': new Candles(raw, '5m'), '15m': new Candles(raw, '15m') }
      this.candles = (frame) => {
        const found = (series as Record<string, Candles | undefined>)[frame]
        if (found === undefined) throw new RangeError(`there are no candles of ${String(frame)}: 1m, 5m or 15m`)
        return found
      }
    }
    get slot() {
      return this.#raw.opened.given.slot
    }
    get asset() {
      return this.#raw.opened.given.asset
    }
    get timeframe() {
      return this.#raw.opened.given.timeframe
    }
    get now() {
      return this.#raw.now
    }
    get windowStart() {
      return this.#raw.cells[WINDOW_START]
    }
    get windowEnd() {
      return this.#raw.cells[WINDOW_END]
    }
    get secondsLeft() {
      return this.#raw.secondsLeft
    }
    get strike() {
      return known(this.#raw.cells[STRIKE])
    }
    get strikeIsEstimate() {
      return this.#raw.cells[STRIKE_IS_ESTIMATE] === 1
    }
    get price() {
      return this.#raw.price
    }
    get priceAgeMs() {
      return this.#raw.priceAgeMs
    }
    get tick() {
      return this.#raw.filled[TICK]
    }
    get minShares() {
      return this.#raw.cells[MIN_SHARES]
    }
    get minStakeUsd() {
      return this.#raw.cells[MIN_STAKE]
    }
    get feeRate() {
      return this.#raw.cells[FEE_RATE]
    }
    get position() {
      return this.#raw.position
    }
    get orders() {
      return this.#raw.opened.orders
    }
    get lastSettlement() {
      return this.#raw.lastSettlement
    }
    get regime() {
      return regimes[this.#raw.filled[REGIME] ?? -1] ?? null
    }
  }

  // Classes are reachable through `constructor`: nothing of them may be changed from inside a strategy.
  for (const kind of [Source, Quote, Settlement, Position, LastSettlement, Candles, View]) {
    freeze(kind)
    freeze(kind.prototype)
  }
  return (given) => {
    const raw = new Source(given)
    raw.held = finish(new Position(raw), Position)
    raw.settled = finish(new LastSettlement(raw), LastSettlement)
    return { raw, view: finish(new View(raw), View) }
  }
}
