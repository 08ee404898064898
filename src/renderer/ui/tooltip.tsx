import { Tooltip as Radix } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'

/**
 * Shows `text` on hover and, unless `hoverOnly`, on focus; `children` must be one focusable element. `hoverOnly` suits
 * lists that are walked with the arrow keys, where a tooltip at every step would be in the way.
 */
export function Tooltip(props: {
  text: ReactNode
  side?: 'right' | 'bottom'
  hoverOnly?: boolean
  children: ReactElement
}) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild onFocus={(event) => (props.hoverOnly === true ? event.preventDefault() : undefined)}>
        {props.children}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="tooltip" side={props.side ?? 'bottom'} sideOffset={6} collisionPadding={8}>
          {props.text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export const TooltipProvider = Radix.Provider
