import type { Timers } from '../../net/timers.ts'
import type { Level, Problems } from './problems.ts'
import type { Track } from './track.ts'

export interface FrameQualityOptions {
  readonly timers: Timers
  readonly problems: Problems
  /** Length of an evaluation period, ms. */
  readonly periodMs: number
  /** Maximum share of unreadable frames in a period. */
  readonly share: number
  /** Minimum interval between reports of unreadable frames, ms. */
  readonly reportMs: number
  /** Tracks that the stream delivers. */
  readonly tracks: () => readonly Track[]
  readonly report: (detail: string, level: Level) => void
}

/** Fewer unreadable frames in a period are ignored, whatever their share. */
const MIN_UNREADABLE = 2

/** Maximum share of unreadable frames, of an asset or of frames without one, before prices count as stale. */
export const UNREADABLE_SHARE = 0.25

interface Counts {
  readable: number
  unreadable: number
  /** Problem of the last unreadable frame. */
  reason: string
}

/**
 * Counts and reports unreadable frames. An asset is stale while too many of its frames are unreadable; all assets are while
 * too many frames without an asset are, because readable frames of such a stream may be wrong, too.
 */
export class FrameQuality {
  readonly #options: FrameQualityOptions
  readonly #byTrack = new Map<Track, Counts>()
  #unnamed: Counts = fresh()
  #count = 0
  #reported = 0
  #reportPending = false
  #last = ''

  constructor(options: FrameQualityOptions) {
    this.#options = options
    options.timers.every(options.periodMs, () => this.#evaluate())
  }

  /** Unreadable frames since the start. */
  get count(): number {
    return this.#count
  }

  readable(track: Track): void {
    this.#countsOf(track).readable++
  }

  /** Counts an unreadable frame. @param track the frame's track; undefined if it names no followed asset */
  unreadable(track: Track | undefined, reason: string): void {
    const counts = track === undefined ? this.#unnamed : this.#countsOf(track)
    counts.unreadable++
    counts.reason = reason
    this.#count++
    this.#last = reason
    if (!this.#reportPending) this.#reportCount()
  }

  #countsOf(track: Track): Counts {
    const known = this.#byTrack.get(track)
    if (known !== undefined) return known
    const counts = fresh()
    this.#byTrack.set(track, counts)
    return counts
  }

  #reportCount(): void {
    const since = this.#count - this.#reported
    this.#reportPending = since > 0
    if (since === 0) return
    this.#reported = this.#count
    const { timers, reportMs, report } = this.#options
    report(`${since} unreadable frame${since === 1 ? '' : 's'} (${this.#count} in all): ${this.#last}`, 'warn')
    timers.after(reportMs, () => this.#reportCount())
  }

  #evaluate(): void {
    const { tracks, problems } = this.#options
    const readable = [...this.#byTrack.values()].reduce((sum, counts) => sum + counts.readable, 0)
    const unnamed = this.#isBad({ ...this.#unnamed, readable })
    for (const track of tracks()) {
      const counts = this.#countsOf(track)
      if (this.#isBad(counts)) problems.raise(track.asset, 'unreadable', this.#describe(counts, 'its'))
      else if (unnamed) problems.raise(track.asset, 'unreadable', this.#describe({ ...this.#unnamed, readable }, 'all'))
      else if (counts.readable > 0) problems.clear(track.asset, 'unreadable', `${track.asset} is readable again`)
    }
    this.#byTrack.clear()
    this.#unnamed = fresh()
  }

  #isBad({ readable, unreadable }: Counts): boolean {
    return unreadable >= MIN_UNREADABLE && unreadable > this.#options.share * (readable + unreadable)
  }

  #describe({ readable, unreadable, reason }: Counts, whose: 'its' | 'all'): string {
    const seconds = this.#options.periodMs / 1000
    return `${unreadable} of ${whose} ${readable + unreadable} frames in ${seconds} s cannot be read: ${reason}`
  }
}

function fresh(): Counts {
  return { readable: 0, unreadable: 0, reason: '' }
}
