import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

/** A modal dialog. It takes the focus, closes on Escape, and returns the focus when it closes. */
export function Dialog(props: {
  open: boolean
  onClose: () => void
  title: string
  explain: ReactNode
  children?: ReactNode
  testId: string
}) {
  return (
    <Radix.Root open={props.open} onOpenChange={(open) => (open ? undefined : props.onClose())}>
      <Radix.Portal>
        <Radix.Overlay className="overlay" />
        <Radix.Content className="dialog" data-testid={props.testId}>
          <Radix.Title className="dialog-title">{props.title}</Radix.Title>
          <Radix.Description asChild>
            <div className="dialog-explain">{props.explain}</div>
          </Radix.Description>
          {props.children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
