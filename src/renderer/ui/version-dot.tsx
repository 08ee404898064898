import { DESK_COLOR, type VersionShape, versionStyle } from './version-style.ts'

const PATHS: Readonly<Record<VersionShape, string>> = {
  circle: 'M4 .5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 0 1 0-7',
  square: 'M1 1h6v6H1z',
  diamond: 'M4 0l4 4l-4 4l-4-4z',
  triangle: 'M4 .5l4 7H0z',
}

/**
 * The icon of a version; a hollow square for the desk when `version` is null. The label must be beside it or in a
 * tooltip.
 */
export function VersionDot({ version }: { version: { hash: string; number: number } | null }) {
  const style = version === null ? null : versionStyle(version)
  return (
    <svg className="version-dot" viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
      {style === null ? (
        <path d="M1.5 1.5h5v5h-5z" fill="none" stroke={DESK_COLOR} strokeWidth="1.4" />
      ) : (
        <path d={PATHS[style.shape]} fill={style.color} />
      )}
    </svg>
  )
}
