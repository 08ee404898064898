import { sentence } from '../../ui/format.ts'
import { Icon } from '../../ui/icons.tsx'

/** A figure and the bound it is judged by, as they are shown. */
export interface ShownBound {
  readonly name: string
  readonly passed: boolean
  readonly value: string
  /** `at most $50.00` */
  readonly bound: string
}

/** Bounds one below the other, each with its figure; `words` tell those who do not see the signs. */
export function Bounds(props: {
  label: string
  words: { readonly passed: string; readonly broken: string }
  of: readonly ShownBound[]
}) {
  if (props.of.length === 0) return null
  return (
    <ul className="gates" aria-label={props.label}>
      {props.of.map(({ name, passed, value, bound }) => (
        <li key={name} className={passed ? 'gate' : 'gate down'}>
          <Icon name={passed ? 'check' : 'cross'} className={passed ? 'up' : 'down'} />
          <span className="sr-only">{passed ? props.words.passed : props.words.broken}</span>
          <span>{sentence(name)}</span>
          <span className="figure gate-value">{value}</span>
          <span className="figure gate-bound">{bound}</span>
        </li>
      ))}
    </ul>
  )
}
