import type { CandleColumns } from '../../../engine/market/candle-columns.ts'
import { type Asset, asset } from '../../../shared/domain/slots.ts'
import { MINUTE } from '../../../shared/domain/time.ts'
import { COLUMNS, type RawRows } from './candle-rows.ts'

/** Why a row was left out. */
export const CANDLE_FAULTS = ['malformed', 'nonsense', 'offGrid', 'duplicate', 'backStep'] as const
export type CandleFault = (typeof CANDLE_FAULTS)[number]

/** What was wrong with one file; nothing is repaired, invented or interpolated. */
export interface CandleFileReport {
  readonly path: string
  readonly asset: Asset
  readonly rows: number
  readonly kept: number
  /** Rows left out: not six numbers, impossible values, off the minute grid, seen before, earlier than the row before. */
  readonly faults: Readonly<Record<CandleFault, number>>
  /** Stretches of missing minutes, and how many minutes they miss. */
  readonly gaps: number
  readonly missingMinutes: number
  /** The first few faults and gaps, each with its row or line. */
  readonly examples: readonly string[]
}

const MAX_EXAMPLES = 5
/** 2009-01-03, the first block of the oldest asset; and 2100. A time outside is a broken field, not a candle. */
const EARLIEST = 1_230_940_800_000
const LATEST = 4_102_444_800_000

/** Collects the sound rows of one asset's files, given in time order, and reports on the rest. */
export class SeriesBuilder {
  readonly asset: Asset
  readonly #columns: readonly Float64Array[]
  #length = 0

  /** @param capacity the most rows it will be given */
  constructor(name: string, capacity: number) {
    this.asset = asset(name)
    this.#columns = Array.from({ length: COLUMNS }, () => new Float64Array(capacity))
  }

  /** Judges every row of one file. */
  add(path: string, rows: RawRows): CandleFileReport {
    const before = this.#length
    const faults = { malformed: 0, nonsense: 0, offGrid: 0, duplicate: 0, backStep: 0 }
    const examples: string[] = []
    let gaps = 0
    let missingMinutes = 0
    for (let r = 0; r < rows.count; r++) {
      const note = (what: string) => {
        if (examples.length < MAX_EXAMPLES) examples.push(`${rows.unit} ${rows.firstNumber + r}: ${what}`)
      }
      const row = rows.cells.subarray(r * COLUMNS, (r + 1) * COLUMNS)
      const last = this.#lastOpenTime()
      const fault = faultOf(row, last)
      if (fault !== undefined) {
        faults[fault]++
        note(fault)
        continue
      }
      const missing = last === undefined ? 0 : ((row[0] ?? 0) - last) / MINUTE - 1
      if (missing > 0) {
        gaps++
        missingMinutes += missing
        note(`${missing} missing minutes before it`)
      }
      this.#push(row)
    }
    const kept = this.#length - before
    return { path, asset: this.asset, rows: rows.count, kept, faults, gaps, missingMinutes, examples }
  }

  build(): CandleColumns {
    const column = (index: number) => this.#columns[index]?.slice(0, this.#length) ?? new Float64Array(0)
    return {
      asset: this.asset,
      length: this.#length,
      openTime: column(0),
      open: column(1),
      high: column(2),
      low: column(3),
      close: column(4),
      volume: column(5),
    }
  }

  #lastOpenTime(): number | undefined {
    return this.#length === 0 ? undefined : this.#columns[0]?.[this.#length - 1]
  }

  #push(row: Float64Array): void {
    for (let c = 0; c < COLUMNS; c++) {
      const column = this.#columns[c]
      if (column !== undefined) column[this.#length] = row[c] ?? Number.NaN
    }
    this.#length++
  }
}

function faultOf(row: Float64Array, last: number | undefined): CandleFault | undefined {
  const [time = Number.NaN, open = 0, high = 0, low = 0, close = 0, volume = 0] = row
  if (row.some((cell) => Number.isNaN(cell))) return 'malformed'
  if (!(time >= EARLIEST && time < LATEST)) return 'nonsense'
  if (!(low > 0 && low <= open && low <= close && open <= high && close <= high)) return 'nonsense'
  if (!(Number.isFinite(high) && Number.isFinite(volume) && volume >= 0)) return 'nonsense'
  if (time % MINUTE !== 0) return 'offGrid'
  if (last === undefined || time > last) return undefined
  return time === last ? 'duplicate' : 'backStep'
}
