import { Component, type ReactNode } from 'react'
import { messageOf } from '../../shared/domain/base.ts'

interface Props {
  /** What is inside, as the subject of the message: `The chart`. */
  readonly name: string
  readonly children: ReactNode
}

/** React error boundary: an error while one part is rendered does not remove the rest of the window. */
export class Boundary extends Component<Props, { readonly error: string | null }> {
  override readonly state = { error: null }

  static getDerivedStateFromError(error: unknown): { readonly error: string } {
    return { error: messageOf(error) }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <p className="empty" role="alert">
        {this.props.name} cannot be shown: {error}. Trading is not affected; reload this window to try again.
      </p>
    )
  }
}
