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

/** What a slot's view reads from. A strategy never holds it. */
export interface Raw {
  readonly slot: string
  readonly asset: string
  readonly timeframe: string
  /** Figures by `ROW`; null while nobody may look: a view is good during its own `decide` alone. */
  cells: ArrayLike<number | null> | null
  positionId: string | null
  orders: readonly unknown[]
  readonly candles: Readonly<Record<string, Columns>>
  /** Most candles of each frame that may be seen. */
  readonly keep: Readonly<Record<string, number>>
  /** Fills in quotes and closing mean; called once a `decide`, when first looked at. */
  fill: (() => void) | null
}

export type ViewMaker = (raw: Raw) => object

/**
 * Makes views: objects of getters over figures that a strategy cannot reach, one a slot and reused, so that the hot path
 * makes no garbage. Like the prelude it is turned into source text, so it must not refer to anything outside itself.
 */
export function viewMaker(row: Readonly<Record<string, number>>, regimes: readonly string[]): ViewMaker {
  const { freeze, defineProperty, getOwnPropertyDescriptors } = Object
  const isMissing = Number.isNaN
  const at = (name: string) => row[name] as number
  const HELD = at('held')
  const HELD_SIDE = at('heldSide')
  const SETTLED = at('settled')
  const FILLED = at('filled')
  const TICK = at('tick')

  const gone = (): never => {
    throw new TypeError('a view can be read during its own decide alone; copy what must be kept into the state')
  }
  const open = (raw: Raw): ArrayLike<number | null> => raw.cells ?? gone()
  const known = (value: number | null | undefined): number | null =>
    value === null || value === undefined || isMissing(value) ? null : value
  const filled = (raw: Raw): ArrayLike<number | null> => {
    const cells = open(raw)
    if (cells[FILLED] !== 1 && raw.fill !== null) raw.fill()
    return cells
  }

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
    readonly #raw: Raw
    readonly #at: number
    constructor(raw: Raw, first: number) {
      this.#raw = raw
      this.#at = first
    }
    get bid() {
      return known(filled(this.#raw)[this.#at])
    }
    get ask() {
      return known(filled(this.#raw)[this.#at + 1])
    }
    get bidShares() {
      return filled(this.#raw)[this.#at + 2]
    }
    get askShares() {
      return filled(this.#raw)[this.#at + 3]
    }
  }

  const MEAN_SECONDS = at('meanSeconds')
  const MEAN_ELAPSED = at('meanElapsed')
  const MEAN = at('mean')
  class Settlement {
    readonly #raw: Raw
    constructor(raw: Raw) {
      this.#raw = raw
    }
    get seconds() {
      return filled(this.#raw)[MEAN_SECONDS]
    }
    get elapsed() {
      return filled(this.#raw)[MEAN_ELAPSED]
    }
    get mean() {
      return known(filled(this.#raw)[MEAN])
    }
  }

  const HELD_SHARES = at('heldShares')
  const HELD_COST = at('heldCostUsd')
  const HELD_AVERAGE = at('heldAveragePrice')
  const HELD_OPENED = at('heldOpenedAt')
  class Position {
    readonly #raw: Raw
    constructor(raw: Raw) {
      this.#raw = raw
    }
    get id() {
      open(this.#raw)
      return this.#raw.positionId
    }
    get side() {
      return open(this.#raw)[HELD_SIDE] === 1 ? 'down' : 'up'
    }
    get shares() {
      return open(this.#raw)[HELD_SHARES]
    }
    get costUsd() {
      return open(this.#raw)[HELD_COST]
    }
    get averagePrice() {
      return open(this.#raw)[HELD_AVERAGE]
    }
    get openedAt() {
      return open(this.#raw)[HELD_OPENED]
    }
  }

  const SETTLED_START = at('settledStart')
  const SETTLED_OUTCOME = at('settledOutcome')
  const SETTLED_PROFIT = at('settledProfitUsd')
  class LastSettlement {
    readonly #raw: Raw
    constructor(raw: Raw) {
      this.#raw = raw
    }
    get windowStart() {
      return open(this.#raw)[SETTLED_START]
    }
    get outcome() {
      return open(this.#raw)[SETTLED_OUTCOME] === 1 ? 'down' : 'up'
    }
    get profitUsd() {
      return known(open(this.#raw)[SETTLED_PROFIT])
    }
  }

  class Candles {
    readonly #raw: Raw
    readonly #columns: Columns
    readonly #keep: number
    constructor(raw: Raw, frame: string) {
      this.#raw = raw
      this.#columns = raw.candles[frame] as Columns
      this.#keep = raw.keep[frame] ?? 0
      freeze(this)
    }
    get length() {
      open(this.#raw)
      const { end } = this.#columns
      return end < this.#keep ? end : this.#keep
    }
    #read(column: ArrayLike<number>, ago: number): number {
      const { end } = this.#columns
      const length = end < this.#keep ? end : this.#keep
      if (this.#raw.cells === null) gone()
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

  const NOW = at('now')
  const WINDOW_START = at('windowStart')
  const WINDOW_END = at('windowEnd')
  const SECONDS_LEFT = at('secondsLeft')
  const STRIKE = at('strike')
  const STRIKE_IS_ESTIMATE = at('strikeIsEstimate')
  const PRICE = at('price')
  const PRICE_AGE = at('priceAgeMs')
  const MIN_SHARES = at('minShares')
  const MIN_STAKE = at('minStakeUsd')
  const FEE_RATE = at('feeRate')
  const REGIME = at('regime')
  class View {
    readonly #raw: Raw
    readonly #up: Quote
    readonly #down: Quote
    readonly #settlement: Settlement
    readonly #position: Position
    readonly #lastSettlement: LastSettlement
    /** Bound to nothing: a copy of the view can call it as well. */
    readonly candles: (frame: string) => Candles
    constructor(raw: Raw) {
      this.#raw = raw
      this.#up = finish(new Quote(raw, at('upBid')), Quote)
      this.#down = finish(new Quote(raw, at('downBid')), Quote)
      this.#settlement = finish(new Settlement(raw), Settlement)
      this.#position = finish(new Position(raw), Position)
      this.#lastSettlement = finish(new LastSettlement(raw), LastSettlement)
      const series = { '1m': new Candles(raw, '1m'), '5m': new Candles(raw, '5m'), '15m': new Candles(raw, '15m') }
      this.candles = (frame) => {
        const found = (series as Record<string, Candles | undefined>)[frame]
        if (found === undefined) throw new RangeError(`there are no candles of ${String(frame)}: 1m, 5m or 15m`)
        return found
      }
    }
    get slot() {
      return this.#raw.slot
    }
    get asset() {
      return this.#raw.asset
    }
    get timeframe() {
      return this.#raw.timeframe
    }
    get now() {
      return open(this.#raw)[NOW]
    }
    get windowStart() {
      return open(this.#raw)[WINDOW_START]
    }
    get windowEnd() {
      return open(this.#raw)[WINDOW_END]
    }
    get secondsLeft() {
      return open(this.#raw)[SECONDS_LEFT]
    }
    get strike() {
      return known(open(this.#raw)[STRIKE])
    }
    get strikeIsEstimate() {
      return open(this.#raw)[STRIKE_IS_ESTIMATE] === 1
    }
    get price() {
      return open(this.#raw)[PRICE]
    }
    get priceAgeMs() {
      return open(this.#raw)[PRICE_AGE]
    }
    get settlement() {
      return this.#settlement
    }
    get up() {
      return this.#up
    }
    get down() {
      return this.#down
    }
    get tick() {
      return filled(this.#raw)[TICK]
    }
    get minShares() {
      return open(this.#raw)[MIN_SHARES]
    }
    get minStakeUsd() {
      return open(this.#raw)[MIN_STAKE]
    }
    get feeRate() {
      return open(this.#raw)[FEE_RATE]
    }
    get position() {
      return open(this.#raw)[HELD] === 1 ? this.#position : null
    }
    get orders() {
      open(this.#raw)
      return this.#raw.orders
    }
    get lastSettlement() {
      return open(this.#raw)[SETTLED] === 1 ? this.#lastSettlement : null
    }
    get regime() {
      return regimes[filled(this.#raw)[REGIME] ?? -1] ?? null
    }
  }

  // Classes are reachable through `constructor`: nothing of them may be changed from inside a strategy.
  for (const kind of [Quote, Settlement, Position, LastSettlement, Candles, View]) {
    freeze(kind)
    freeze(kind.prototype)
  }
  return (raw) => finish(new View(raw), View)
}
