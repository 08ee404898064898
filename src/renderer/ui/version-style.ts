/** Appearance of a version. Shape and label accompany the colour, for users who cannot tell colours apart. */
export interface VersionStyle {
  readonly color: string
  readonly shape: VersionShape
}

export const VERSION_SHAPES = ['circle', 'square', 'diamond', 'triangle'] as const
export type VersionShape = (typeof VERSION_SHAPES)[number]

/** Distinct from the colours of up, down, attention and selection. */
export const VERSION_COLORS = ['#b48cf2', '#4fc4cf', '#e58fc0', '#7f9cff', '#c3d46a', '#d0b48f', '#d977e6'] as const

/** Colour of positions that the desk owns. */
export const DESK_COLOR = '#8a939e'

/** The part of a version that its colour depends on. */
export interface VersionSummary {
  readonly hash: string
  readonly state: string
}

const ACTIVE: ReadonlySet<string> = new Set(['live', 'canary', 'draining'])

/**
 * Colours of one desk's versions. A version gets the colour that was assigned longest ago and keeps it, unless it would
 * share it with an older version that trades at the same time.
 */
export class VersionColours {
  /** Colour index by version hash, in order of assignment. */
  private readonly colours = new Map<string, number>()
  private active: readonly string[] = []

  /** Restores stored assignments. */
  restore(remembered: Readonly<Record<string, number>>): void {
    for (const [hash, colour] of Object.entries(remembered))
      if (colour >= 0 && colour < VERSION_COLORS.length) this.colours.set(hash, colour)
  }

  remembered(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.colours)
  }

  /**
   * @param versions every version of the desk, the oldest first
   * @returns true when a version's colour has changed
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
        this.colours.set(hash, this.leastRecent(taken))
        changed = true
      }
      taken.add(this.of(hash))
    }
    return changed
  }

  /** Index of a version's colour; assigns one to an unknown version. */
  of(hash: string): number {
    const known = this.colours.get(hash)
    if (known !== undefined) return known
    const colour = this.leastRecent(new Set(this.active.flatMap((active) => this.colours.get(active) ?? [])))
    this.colours.set(hash, colour)
    return colour
  }

  /** The colour outside `taken` that was assigned longest ago; of all colours when every one is taken. */
  private leastRecent(taken: ReadonlySet<number>): number {
    const assigned = [...this.colours.values()]
    const indices = VERSION_COLORS.map((_, index) => index)
    const free = indices.filter((index) => !taken.has(index))
    const [longest = 0] = (free.length === 0 ? indices : free).toSorted(
      (a, b) => assigned.lastIndexOf(a) - assigned.lastIndexOf(b) || a - b,
    )
    return longest
  }
}

/** Colours of the versions of this window's desk. */
export const COLOURS = new VersionColours()

/** Appearance of a version: its assigned colour, and a shape by its number. */
export function versionStyle(version: { readonly hash: string; readonly number: number }): VersionStyle {
  const shapeAt = version.number % VERSION_SHAPES.length
  return {
    color: VERSION_COLORS[COLOURS.of(version.hash)] ?? DESK_COLOR,
    shape: VERSION_SHAPES[shapeAt] ?? 'circle',
  }
}
