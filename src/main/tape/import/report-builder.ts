import { isoUtc } from '../../../shared/domain/time.ts'
import type { SourceReport } from '../segment-header.ts'

/** Why a row was left out. */
export type Fault = 'malformed' | 'nonsense' | 'off-grid' | 'impossible time' | 'duplicate' | 'back-step' | 'other'

/** A row that cannot be used, and why. */
export interface RowFault {
  readonly fault: Fault
  readonly detail: string
}

const EXAMPLES_EACH = 3
/** 2009-01-03, before any asset that is traded; and 2100. A time outside is a broken field. */
const EARLIEST = 1_230_940_800_000
const LATEST = 4_102_444_800_000

/** True for whole milliseconds at which something could have been recorded. */
export function isPossibleTime(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= EARLIEST && ms < LATEST
}

/** Counts what is kept of one file and what is not, with the first few examples of each by line. */
export class ReportBuilder {
  readonly #file: string
  readonly #format: string
  readonly #gapMs: number
  readonly #leftOut: Record<string, number> = {}
  readonly #examples: string[] = []
  readonly #shown = new Map<string, number>()
  readonly #notes: string[] = []
  #rows = 0
  #kept = 0
  #records = 0
  #gaps = 0
  #gapTotal = 0
  #gapLongest = 0
  #backSteps = 0
  #firstTs: number | null = null
  #lastTs: number | null = null

  /** @param gapMs a silence longer than this is a gap */
  constructor(file: string, format: string, gapMs: number) {
    this.#file = file
    this.#format = format
    this.#gapMs = gapMs
  }

  row(): void {
    this.#rows++
  }

  leave(line: number, fault: Fault, detail: string): void {
    this.#leftOut[fault] = (this.#leftOut[fault] ?? 0) + 1
    this.#show(line, fault, `${fault}: ${detail}`)
  }

  keep(ts: number, records: number): void {
    this.#kept++
    this.#records += records
    this.#firstTs = this.#firstTs === null ? ts : Math.min(this.#firstTs, ts)
    this.#lastTs = this.#lastTs === null ? ts : Math.max(this.#lastTs, ts)
  }

  /** Notes the silence between two times of the file, where it is one. */
  between(line: number, before: number | null, ts: number): void {
    const silence = before === null ? 0 : ts - before
    if (silence <= this.#gapMs) return
    this.#countGap(silence)
    this.#show(line, 'gap', `nothing for ${silence / 1000} s before it`)
  }

  /** The records of a row go on after its own time. */
  keepUntil(ts: number): void {
    this.#lastTs = Math.max(this.#lastTs ?? ts, ts)
  }

  /** Notes a stretch that a table does not have. */
  missing(what: string, ms: number): void {
    if (ms <= 0) return
    this.#countGap(ms)
    this.#show(null, 'gap', `no ${what} for ${ms / 1000} s`)
  }

  /** The time went back from one row to the next. */
  backStep(): void {
    this.#backSteps++
  }

  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text)
  }

  build(): SourceReport {
    return {
      file: this.#file,
      format: this.#format,
      rows: this.#rows,
      kept: this.#kept,
      records: this.#records,
      leftOut: { ...this.#leftOut },
      backSteps: this.#backSteps,
      gaps: {
        count: this.#gaps,
        totalMs: this.#gapTotal,
        longestMs: this.#gapLongest,
        longerThanMs: this.#gapMs,
      },
      firstTs: this.#firstTs,
      lastTs: this.#lastTs,
      examples: [...this.#examples],
      notes: [...this.#notes],
    }
  }

  #countGap(ms: number): void {
    this.#gaps++
    this.#gapTotal += ms
    this.#gapLongest = Math.max(this.#gapLongest, ms)
  }

  #show(line: number | null, kind: string, text: string): void {
    const shown = this.#shown.get(kind) ?? 0
    if (shown >= EXAMPLES_EACH) return
    this.#shown.set(kind, shown + 1)
    this.#examples.push(line === null ? text : `line ${line}: ${text}`)
  }
}

/** Judges the order of a file's rows: what goes back behind what was kept is left out. */
export class OrderGuard {
  readonly #report: ReportBuilder
  readonly #noteGaps: boolean
  #lastRow: number | null = null
  #lastKept: number | null = null
  readonly #textAtKept = new Set<string>()

  /** @param noteGaps silences between kept rows are gaps; false where the caller knows better */
  constructor(report: ReportBuilder, noteGaps = true) {
    this.#report = report
    this.#noteGaps = noteGaps
  }

  /**
   * True where the row may be kept; else it has been counted.
   * @param text the whole row, told from others of the same time
   */
  admits(line: number, ts: number, text: string): boolean {
    if (this.#lastRow !== null && ts < this.#lastRow) this.#report.backStep()
    this.#lastRow = ts
    const last = this.#lastKept
    if (last !== null && ts < last) {
      this.#report.leave(line, 'back-step', `${isoUtc(ts)} is ${(last - ts) / 1000} s before a row above it`)
      return false
    }
    if (ts !== last) this.#textAtKept.clear()
    if (this.#textAtKept.has(text)) {
      this.#report.leave(line, 'duplicate', 'the same row again')
      return false
    }
    this.#textAtKept.add(text)
    if (this.#noteGaps) this.#report.between(line, last, ts)
    this.#lastKept = ts
    return true
  }
}
