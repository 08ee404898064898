/** What a version looks like wherever it appears. Colour never stands alone: shape and label go with it. */
export interface VersionStyle {
  readonly color: string
  readonly shape: VersionShape
}

export const VERSION_SHAPES = ['circle', 'square', 'diamond', 'triangle'] as const
export type VersionShape = (typeof VERSION_SHAPES)[number]

/** Kept clear of the colours that mean up, down, attention and selection; seven, so that a repeat is far in time. */
export const VERSION_COLORS = ['#b48cf2', '#4fc4cf', '#e58fc0', '#7f9cff', '#c3d46a', '#d0b48f', '#d977e6'] as const

/** Colour of what the desk itself owns. */
export const DESK_COLOR = '#8a939e'

/** A version as far as its colour goes. */
export interface VersionSummary {
  readonly hash: string
  readonly state: string
}

const ACTIVE: ReadonlySet<string> = new Set(['live', 'canary', 'draining'])

/**
 * The colours of one desk's versions. Each keeps the one it got first, the one used longest ago; only where two that trade
 * at the same time would look alike does the one that came later get another.
 */
export class VersionColours {
  /** By hash, in the order in which colours were given. */
  private readonly colours = new Map<string, number>()
  private active: readonly string[] = []

  /** Takes over what a window remembered. */
  restore(remembered: Readonly<Record<string, number>>): void {
    for (const [hash, colour] of Object.entries(remembered))
      if (colour >= 0 && colour < VERSION_COLORS.length) this.colours.set(hash, colour)
  }

  remembered(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.colours)
  }

  /**
   * @param versions every version of the desk, the oldest first
   * @returns true where a version has another colour than before
   */
  update(versions: readonly VersionSummary[]): boolean {
    this.active = versions.filter(({ state }) => ACTIVE.has(state)).map(({ hash }) => hash)
    for (const { hash } of versions) this.of(hash)
    let changed = false
    const taken = new Set<number>()
    for (const hash of this.active) {
      const colour = this.of(hash)
      if (taken.has(colour) && taken.size < VERSION_COLORS.length) {
        this.colours.delete(hash)
        this.colours.set(hash, this.free(taken))
        changed = true
      }
      taken.add(this.of(hash))
    }
    return changed
  }

  /** Index of a version's colour; one that is not known yet gets one. */
  of(hash: string): number {
    const known = this.colours.get(hash)
    if (known !== undefined) return known
    const colour = this.free(new Set(this.active.flatMap((one) => this.colours.get(one) ?? [])))
    this.colours.set(hash, colour)
    return colour
  }

  /** The colour that was given out longest ago of those that are not taken. */
  private free(taken: ReadonlySet<number>): number {
    const given = [...this.colours.values()]
    const indices = VERSION_COLORS.map((_, index) => index)
    const open = indices.filter((index) => !taken.has(index))
    const [longest = 0] = (open.length === 0 ? indices : open).toSorted(
      (a, b) => given.lastIndexOf(a) - given.lastIndexOf(b) || a - b,
    )
    return longest
  }
}

/** The colours of the desk that this window shows. */
export const COLOURS = new VersionColours()

/** The one look of a version: its colour on this desk, and a shape by its number. */
export function versionStyle(version: { readonly hash: string; readonly number: number }): VersionStyle {
  const shapeAt = version.number % VERSION_SHAPES.length
  return {
    color: VERSION_COLORS[COLOURS.of(version.hash)] ?? DESK_COLOR,
    shape: VERSION_SHAPES[shapeAt] ?? 'circle',
  }
}
