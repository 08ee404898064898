import type { Level, Problems } from './problems.ts'
import type { Timers } from './timers.ts'
import type { Track } from './track.ts'

export interface FrameQualityOptions {
  readonly timers: Timers
  readonly problems: Problems
  /** The frames are judged once a period. */
  readonly periodMs: number
  /** Share of a period's frames that may be unreadable. */
  readonly share: number
  /** Unreadable frames are told at most this often. */
  readonly reportMs: number
  /** Those that the stream delivers. */
  readonly tracks: () => readonly Track[]
  readonly report: (detail: string, level: Level) => void
}

/** Fewer unreadable frames of a period are a chance fault, whatever their share. */
const FEWEST = 2

interface Counts {
  readable: number
  unreadable: number
  /** What was wrong with the last unreadable one. */
  reason: string
}

/**
 * Counts frames that cannot be read, tells of them, and makes an asset stale while too many of its own are so, and every
 * asset while too many are that name none: a stream that is half garbage may be wrong in what can be read, too.
 */
export class FrameQuality {
  readonly #options: FrameQualityOptions
  readonly #byTrack = new Map<Track, Counts>()
  #unnamed: Counts = fresh()
  #count = 0
  #reported = 0
  #quiet = false
  #last = ''

  constructor(options: FrameQualityOptions) {
    this.#options = options
    options.timers.every(options.periodMs, () => this.#judge())
  }

  /** Unreadable frames since the start. */
  get count(): number {
    return this.#count
  }

  readable(track: Track): void {
    this.#of(track).readable++
  }

  /** @param track that the frame names; undefined where it names none that is followed */
  unreadable(track: Track | undefined, reason: string): void {
    const counts = track === undefined ? this.#unnamed : this.#of(track)
    counts.unreadable++
    counts.reason = reason
    this.#count++
    this.#last = reason
    if (!this.#quiet) this.#tell()
  }

  #of(track: Track): Counts {
    const known = this.#byTrack.get(track)
    if (known !== undefined) return known
    const counts = fresh()
    this.#byTrack.set(track, counts)
    return counts
  }

  #tell(): void {
    const since = this.#count - this.#reported
    this.#quiet = since > 0
    if (since === 0) return
    this.#reported = this.#count
    const { timers, reportMs, report } = this.#options
    report(`${since} unreadable frame${since === 1 ? '' : 's'} (${this.#count} in all): ${this.#last}`, 'warn')
    timers.after(reportMs, () => this.#tell())
  }

  #judge(): void {
    const { tracks, problems } = this.#options
    const readable = [...this.#byTrack.values()].reduce((sum, counts) => sum + counts.readable, 0)
    const unnamed = this.#isBad({ ...this.#unnamed, readable })
    for (const track of tracks()) {
      const counts = this.#of(track)
      if (this.#isBad(counts)) problems.raise(track.asset, 'unreadable', this.#sentence(counts, 'its'))
      else if (unnamed) problems.raise(track.asset, 'unreadable', this.#sentence({ ...this.#unnamed, readable }, 'all'))
      else if (counts.readable > 0) problems.clear(track.asset, 'unreadable', `${track.asset} can be read again`)
    }
    this.#byTrack.clear()
    this.#unnamed = fresh()
  }

  #isBad({ readable, unreadable }: Counts): boolean {
    return unreadable >= FEWEST && unreadable > this.#options.share * (readable + unreadable)
  }

  #sentence({ readable, unreadable, reason }: Counts, whose: 'its' | 'all'): string {
    const seconds = this.#options.periodMs / 1000
    return `${unreadable} of ${whose} ${readable + unreadable} frames in ${seconds} s cannot be read: ${reason}`
  }
}

function fresh(): Counts {
  return { readable: 0, unreadable: 0, reason: '' }
}
