import { formName, type TimeForm } from '../../shared/domain/dates.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import type { FileReport, LeftOutReason } from '../../shared/file-report.ts'

/** A row that cannot be used, and why. */
export interface RowFault {
  readonly fault: LeftOutReason
  readonly detail: string
}

const EXAMPLES_EACH = 3

interface Stretches {
  count: number
  totalMs: number
  longestMs: number
}

const add = (stretches: Stretches, ms: number) => {
  stretches.count++
  stretches.totalMs += ms
  stretches.longestMs = Math.max(stretches.longestMs, ms)
}

/** Counts what is kept of one file and what is not, with the first few examples of each by line. */
export class ReportBuilder {
  readonly #file: string
  readonly #format: string
  readonly #gapMs: number
  readonly #unit: 'line' | 'row'
  readonly #leftOut: Record<string, number> = {}
  readonly #examples: string[] = []
  readonly #shown = new Map<string, number>()
  readonly #notes: string[] = []
  readonly #times = new Map<TimeForm, number>()
  readonly #gaps: Stretches = { count: 0, totalMs: 0, longestMs: 0 }
  #flat: (Stretches & { readonly leastMs: number }) | null = null
  #rows = 0
  #kept = 0
  #records = 0
  #backSteps = 0
  #firstTs: number | null = null
  #lastTs: number | null = null

  /**
   * @param gapMs a silence longer than this is a gap
   * @param unit what a person counts in such a file: lines, or rows of a JSON list
   */
  constructor(file: string, format: string, gapMs: number, unit: 'line' | 'row' = 'line') {
    this.#file = file
    this.#format = format
    this.#gapMs = gapMs
    this.#unit = unit
  }

  get rows(): number {
    return this.#rows
  }

  row(): void {
    this.#rows++
  }

  leave(place: number, fault: LeftOutReason, detail: string): void {
    this.#leftOut[fault] = (this.#leftOut[fault] ?? 0) + 1
    this.example(place, fault, `${fault}: ${detail}`)
  }

  /** Counts a time by the form it was written in. */
  time(form: TimeForm): void {
    this.#times.set(form, (this.#times.get(form) ?? 0) + 1)
  }

  keep(ts: number, records: number): void {
    this.#kept++
    this.#records += records
    this.#firstTs = this.#firstTs === null ? ts : Math.min(this.#firstTs, ts)
    this.keepUntil(ts)
  }

  /** Notes the silence between two times of the file, where it is one. */
  between(place: number | null, before: number | null, ts: number): void {
    const silence = before === null ? 0 : ts - before
    if (silence <= this.#gapMs) return
    const where = place === null ? `before ${isoUtc(ts)}` : 'before it'
    this.missing(place, `nothing for ${silence / 1000} s ${where}`, silence)
  }

  /** The records of a row go on after its own time. */
  keepUntil(ts: number): void {
    this.#lastTs = Math.max(this.#lastTs ?? ts, ts)
  }

  /** Notes a stretch that the file does not have. */
  missing(place: number | null, what: string, ms: number): void {
    if (ms <= 0) return
    add(this.#gaps, ms)
    this.example(place, 'gap', what)
  }

  /** Says that a file of this kind can tell where nothing was traded. @param leastMs the shortest such stretch that counts */
  canTellFlat(leastMs: number): void {
    this.#flat ??= { leastMs, count: 0, totalMs: 0, longestMs: 0 }
  }

  /** Notes a stretch without a trade that begins at `place`. */
  flat(place: number, ms: number): void {
    if (this.#flat === null || ms < this.#flat.leastMs) return
    add(this.#flat, ms)
    this.example(place, 'flat', `no trade for ${ms / 1000} s from it on`)
  }

  /** The time went back from one row to the next. */
  backStep(): void {
    this.#backSteps++
  }

  /** Shows something of a place, the first few times that such a thing happens. */
  example(place: number | null, kind: string, text: string): void {
    const shown = this.#shown.get(kind) ?? 0
    if (shown >= EXAMPLES_EACH) return
    this.#shown.set(kind, shown + 1)
    this.#examples.push(place === null ? text : `${this.#unit} ${place}: ${text}`)
  }

  note(text: string): void {
    if (!this.#notes.includes(text)) this.#notes.push(text)
  }

  build(): FileReport {
    const flat = this.#flat
    const forms = [...this.#times]
    return {
      file: this.#file,
      format: this.#format,
      rows: this.#rows,
      kept: this.#kept,
      records: this.#records,
      leftOut: { ...this.#leftOut },
      backSteps: this.#backSteps,
      gaps: { ...this.#gaps, longerThanMs: this.#gapMs },
      flat: flat === null ? null : { ...flat },
      times: forms.map(([form, n]) => (forms.length === 1 ? formName(form) : `${formName(form)} (${n} rows)`)),
      firstTs: this.#firstTs,
      lastTs: this.#lastTs,
      examples: [...this.#examples],
      notes: [...this.#notes],
    }
  }
}
