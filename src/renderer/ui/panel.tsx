import type { ReactNode } from 'react'

/** Heading and body of one panel. */
export function Panel(props: {
  title: string
  note?: ReactNode
  aside?: ReactNode
  children: ReactNode
  testId: string
  className?: string
}) {
  return (
    <section
      className={props.className === undefined ? 'panel' : `panel ${props.className}`}
      aria-label={props.title}
      data-testid={props.testId}
    >
      <header className="panel-head">
        <h2>{props.title}</h2>
        <span className="panel-note">{props.note}</span>
        <span className="panel-aside">{props.aside}</span>
      </header>
      {props.children}
    </section>
  )
}

/** Text of a panel that has nothing to show. */
export function Empty({ children, busy }: { children: ReactNode; busy?: boolean }) {
  return (
    <p className="empty" aria-busy={busy}>
      {children}
    </p>
  )
}
