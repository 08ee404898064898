import { MINUTE } from '../../shared/domain/time.ts'
import type { ReportBuilder } from './report-builder.ts'
import type { Timed } from './time-order.ts'

/** A price so many times, or such a part of, the one before is no move of a market that comes back within minutes. */
const TIMES = 3
const COMES_BACK_MS = 3 * MINUTE
/** Of so many rows the middle price is what the first ones are held against. */
const FIRST_ROWS = 5

export interface PriceRow {
  readonly high: number
  readonly low: number
  /** The price at its end. */
  readonly close: number
}

/**
 * Leaves out rows whose price is three times, or a third of, that of the rows around them: in order of time, a price that is
 * back within three minutes was a broken row, and one taken as a strike would settle windows falsely. A price that stays is
 * kept, and the place is said.
 */
export class PriceJudge<T extends PriceRow> {
  readonly #report: ReportBuilder
  #first: Timed<T>[] | null = []
  #good = Number.NaN
  #doubted: Timed<T>[] = []

  constructor(report: ReportBuilder) {
    this.#report = report
  }

  /** Rows in order of time. @returns those that are decided on and sound */
  add(rows: readonly Timed<T>[]): Timed<T>[] {
    const out: Timed<T>[] = []
    for (const timed of rows) {
      if (this.#first === null) this.#judge(timed, out)
      else if (this.#first.push(timed) === FIRST_ROWS) this.#begin(out)
    }
    return out
  }

  /** What is left when the rows have ended: doubts that nothing answered are kept out. */
  end(): Timed<T>[] {
    const out: Timed<T>[] = []
    if (this.#first !== null) this.#begin(out)
    this.#leaveDoubted()
    return out
  }

  #begin(out: Timed<T>[]): void {
    const first = this.#first ?? []
    this.#first = null
    const closes = first.map(({ row }) => row.close).toSorted((a, b) => a - b)
    this.#good = closes[closes.length >> 1] ?? Number.NaN
    for (const timed of first) this.#judge(timed, out)
  }

  #judge(timed: Timed<T>, out: Timed<T>[]): void {
    const { high, low, close } = timed.row
    const far = high >= TIMES * this.#good || low * TIMES <= this.#good
    if (!far) {
      this.#leaveDoubted()
      this.#good = close
      out.push(timed)
      return
    }
    const [since] = this.#doubted
    this.#doubted.push(timed)
    if (since === undefined || timed.ts - since.ts <= COMES_BACK_MS) return
    // It stays there: the market, or the unit of its price, has moved.
    const text = `the price goes from ${this.#good} to ${since.row.close} and stays there`
    this.#report.example(since.place, 'jump', text)
    this.#report.note(`The price goes to ${TIMES} times itself, or a third, from one row to the next, and stays there.`)
    out.push(...this.#doubted)
    this.#doubted = []
    this.#good = close
  }

  #leaveDoubted(): void {
    for (const { place, row } of this.#doubted)
      this.#report.leave(place, 'outlier', `${row.low} to ${row.high} beside prices about ${this.#good}`)
    this.#doubted = []
  }
}
