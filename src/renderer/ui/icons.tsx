/** Paths of the icons. An icon always has text beside it, so it is hidden from screen readers. */
const PATHS = {
  check: 'M2.5 6.5l2.5 2.5l4.5-6',
  cross: 'M3 3l6 6M9 3l-6 6',
  wait: 'M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M6 3.5v2.7l1.8 1.2',
  dot: 'M5.5 6h1',
  up: 'M6 2.5v7M3 5.5l3-3l3 3',
  down: 'M6 9.5v-7M3 6.5l3 3l3-3',
  back: 'M4.5 2.5L2 5l2.5 2.5M2 5h5a3 3 0 0 1 0 6H5',
  differs: 'M2 4.5h8M2 7.5h8M4.5 10.5L7.5 1.5',
  warn: 'M6 2L11 10.5H1zM6 5.2v2.4M6 9v.3',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, className }: { name: IconName; className?: string }) {
  return (
    <svg
      className={className === undefined ? 'icon' : `icon ${className}`}
      viewBox="0 0 12 12"
      width="12"
      height="12"
      aria-hidden="true"
    >
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
