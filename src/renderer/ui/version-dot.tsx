import { DESK_COLOR, type VersionShape, versionStyle } from './version-style.ts'

const PATHS: Readonly<Record<VersionShape, string>> = {
  circle: 'M4 .5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7',
  square: 'M1 1h6v6H1z',
  diamond: 'M4 0l4 4l-4 4l-4-4z',
  triangle: 'M4 .5l4 7H0z',
}

/** The mark of a version, or of the desk where `version` is null; its label must stand beside it or in a tooltip. */
export function VersionDot({ version }: { version: { strategy: string; number: number } | null }) {
  const style = version === null ? { color: DESK_COLOR, shape: 'square' as const } : versionStyle(version)
  return (
    <svg className="version-dot" viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
      <path d={PATHS[style.shape]} fill={style.color} />
    </svg>
  )
}
