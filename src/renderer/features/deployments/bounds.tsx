import { sentence } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'

/** A measured value and its bound, formatted. */
export interface ShownBound {
  readonly name: string
  readonly passed: boolean
  readonly value: string
  /** `at most $50.00` */
  readonly bound: string
}

/** A list of bounds, each with the measured value. */
export function Bounds(props: {
  label: string
  /** What the icons mean, for screen readers. */
  signText: { readonly passed: string; readonly broken: string }
  bounds: readonly ShownBound[]
}) {
  if (props.bounds.length === 0) return null
  return (
    <ul className="bounds" aria-label={props.label}>
      {props.bounds.map(({ name, passed, value, bound }) => (
        <li key={name} className={passed ? 'bound' : 'bound down'}>
          <Icon name={passed ? 'check' : 'cross'} className={passed ? 'up' : 'down'} />
          <span className="sr-only">{passed ? props.signText.passed : props.signText.broken}</span>
          <span>{sentence(name)}</span>
          <span className="figure bound-value">{value}</span>
          <span className="figure bound-limit">{bound}</span>
        </li>
      ))}
    </ul>
  )
}
