import type { Row } from './market.ts'

interface Shock {
  readonly symbol: string
  readonly factor: number
  readonly from: number
  readonly until: number
}

/** Stretches of market time in which a symbol's prices are told as a multiple of what they are. */
export class Shocks {
  readonly #all: Shock[] = []

  add(shock: Shock): void {
    this.#all.push(shock)
  }

  /** A candle of `[from, to)`, as far as it has come, as it is told. */
  told(symbol: string, row: Row, from: number, to: number): Row {
    let [openTime, open, high, low, close, volume] = row
    for (const shock of this.#all) {
      if (shock.symbol !== symbol || shock.from >= to || shock.until <= from) continue
      const { factor } = shock
      const whole = shock.from <= from && shock.until >= to
      const seen = close * factor
      if (shock.from <= from) open *= factor
      if (shock.until >= to) close *= factor
      high = whole ? high * factor : Math.max(high, open, close, seen)
      low = whole ? low * factor : Math.min(low, open, close, seen)
    }
    return [openTime, open, high, low, close, volume]
  }
}
