import type { Row } from './market.ts'

interface Shock {
  readonly symbol: string
  readonly factor: number
  readonly from: number
  readonly until: number
}

/** Periods of market time in which a symbol's published prices are multiplied by a factor. */
export class Shocks {
  readonly #all: Shock[] = []

  add(shock: Shock): void {
    this.#all.push(shock)
  }

  /** The published candle of `[from, to)`, with the shocks applied. */
  apply(symbol: string, row: Row, from: number, to: number): Row {
    let [openTime, open, high, low, close, volume] = row
    for (const shock of this.#all) {
      if (shock.symbol !== symbol || shock.from >= to || shock.until <= from) continue
      const { factor } = shock
      const isWhole = shock.from <= from && shock.until >= to
      const shocked = close * factor
      if (shock.from <= from) open *= factor
      if (shock.until >= to) close *= factor
      high = isWhole ? high * factor : Math.max(high, open, close, shocked)
      low = isWhole ? low * factor : Math.min(low, open, close, shocked)
    }
    return [openTime, open, high, low, close, volume]
  }
}
