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

function offsetOf(strategy: string): number {
  let sum = 0
  for (const char of strategy) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 997
  return sum
}

/** The one look of a version: by its number, shifted by its strategy so that two strategies' v1 differ. */
export function versionStyle(version: { readonly strategy: string; readonly number: number }): VersionStyle {
  const colorAt = (version.number + offsetOf(version.strategy)) % VERSION_COLORS.length
  const shapeAt = version.number % VERSION_SHAPES.length
  return { color: VERSION_COLORS[colorAt] ?? DESK_COLOR, shape: VERSION_SHAPES[shapeAt] ?? 'circle' }
}
