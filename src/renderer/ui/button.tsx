import type { ReactNode } from 'react'

export interface ButtonProps {
  children: ReactNode
  onClick: () => void
  /** Keyboard shortcut, shown in the button. */
  keys?: string | undefined
  tone?: 'plain' | 'kill' | 'attention' | 'primary'
  small?: boolean
  disabled?: boolean
  pressed?: boolean
  title?: string | undefined
  testId?: string
}

/** A push button. The shortcut is visible, but not part of the accessible name. */
export function Button({
  children,
  onClick,
  keys,
  tone = 'plain',
  small,
  disabled,
  pressed,
  title,
  testId,
}: ButtonProps) {
  return (
    <button
      type="button"
      className={`button ${tone}${small === true ? ' small' : ''}`}
      onClick={onClick}
      disabled={disabled}
      title={title}
      aria-keyshortcuts={keys}
      aria-pressed={pressed}
      data-testid={testId}
    >
      {children}
      {keys === undefined ? null : (
        <span className="keys" aria-hidden="true">
          {keys}
        </span>
      )}
    </button>
  )
}
