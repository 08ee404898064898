import { MICRO, type Usd } from '../../shared/domain/money.ts'
import type { VersionRow } from '../../shared/ipc/desk-view.ts'
import { profit, sentence, tone } from './format.ts'
import { VersionDot } from './version-dot.tsx'

export function SideCell({ side }: { side: 'up' | 'down' }) {
  return <span className={side}>{sentence(side)}</span>
}

/** Profit with sign and colour; a dash while it is unknown. */
export function ProfitCell({ value }: { value: Usd | null }) {
  if (value === null) return <span className="faint">–</span>
  return <span className={tone(value / MICRO, 2)}>{profit(value)}</span>
}

export function VersionCell({
  version,
}: {
  version: { hash: string; strategy: string; number: number; label: string } | null
}) {
  if (version === null) return <span className="faint">desk</span>
  return (
    <span className="version-cell" title={version.label}>
      <VersionDot version={version} />
      {version.strategy} v{version.number}
    </span>
  )
}

/** The owner of a position: a version, or `desk`. */
export function OwnerCell(props: { owner: string; label: string; versions: readonly VersionRow[] }) {
  const version = props.versions.find((row) => row.hash === props.owner) ?? null
  if (version !== null) return <VersionCell version={version} />
  return (
    <span className="version-cell" title={props.label}>
      <VersionDot version={null} />
      {props.label}
    </span>
  )
}
