import { HOUR } from '../../shared/domain/time.ts'
import type { ReportBuilder } from './report-builder.ts'

/** A row with the time it carries and the line, or row, of its file. */
export interface Timed<T> {
  /** ms */
  readonly ts: number
  readonly place: number
  readonly row: T
}

/** So few rows, so far from every other row of their file, tell of nothing: their time is taken for a broken field. */
const LONE_ROWS = 3
const LONE_MS = 6 * HOUR
/** A file with fewer rows has no time that the others could be held against. */
const LEAST_ROWS = 20

/** Most that is kept in memory to be sorted: a million rows, 64 million characters of text. */
const MOST_ROWS = 1_000_000
const MOST_WEIGHT = 64_000_000

/**
 * Puts the rows of one file in order of the time they carry, rows of one time in the order of the file, and leaves out lone
 * rows far away from all others. It holds as many rows as memory allows: only what lies further back than that is left out.
 */
export class TimeOrder<T> {
  readonly #report: ReportBuilder
  #held: Timed<T>[] = []
  #weight = 0
  #lastRow: number | null = null
  #released = Number.NEGATIVE_INFINITY
  #previous: number | null = null
  /** Rows of the group that is being released, as long as it may still be a lone one; and how many it has. */
  #lone: Timed<T>[] = []
  #group = 0

  constructor(report: ReportBuilder) {
    this.#report = report
  }

  /** @param weight characters of its text, where much of that is kept */
  add(place: number, ts: number, row: T, weight = 0): void {
    if (this.#lastRow !== null && ts < this.#lastRow) this.#report.backStep()
    this.#lastRow = ts
    if (ts < this.#released) {
      this.#report.leave(place, 'late', 'too far back to be put in order: sort the file by time')
      return
    }
    this.#held.push({ ts, place, row })
    this.#weight += weight
  }

  /** Rows that can be handed on before the file has ended. */
  ready(): Timed<T>[] {
    if (this.#held.length < MOST_ROWS && this.#weight < MOST_WEIGHT) return []
    const sorted = this.#held.toSorted((a, b) => a.ts - b.ts)
    const half = sorted.length >> 1
    this.#held = sorted.slice(half)
    this.#weight /= 2
    this.#released = sorted[half - 1]?.ts ?? this.#released
    return this.#release(sorted.slice(0, half))
  }

  /** All that are left, once the file has ended. */
  rest(): Timed<T>[] {
    const sorted = this.#held.toSorted((a, b) => a.ts - b.ts)
    this.#held = []
    const out = this.#release(sorted)
    out.push(...this.#endGroup())
    return out
  }

  #release(sorted: readonly Timed<T>[]): Timed<T>[] {
    const out: Timed<T>[] = []
    for (const timed of sorted) {
      if (this.#previous !== null && timed.ts - this.#previous > LONE_MS) {
        out.push(...this.#endGroup())
        this.#group = 0
      }
      this.#previous = timed.ts
      this.#group++
      if (this.#group > LONE_ROWS) {
        if (this.#lone.length > 0) {
          out.push(...this.#lone)
          this.#lone = []
        }
        out.push(timed)
      } else this.#lone.push(timed)
    }
    return out
  }

  /** What is held of a group that has ended: left out where it is a lone one in a file of some length. */
  #endGroup(): Timed<T>[] {
    const lone = this.#lone
    this.#lone = []
    if (this.#report.rows < LEAST_ROWS) return lone
    for (const { place } of lone)
      this.#report.leave(place, 'outlier', `its time is more than ${LONE_MS / HOUR} h from every other row`)
    return []
  }
}
