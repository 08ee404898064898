import { Component, type ReactNode } from 'react'

interface Props {
  readonly what: string
  readonly children: ReactNode
}

/** Keeps a part that cannot be drawn from taking the whole window with it; brakes and slots stay in reach. */
export class Boundary extends Component<Props, { readonly failed: string | null }> {
  override readonly state = { failed: null }

  static getDerivedStateFromError(error: unknown): { readonly failed: string } {
    return { failed: error instanceof Error ? error.message : String(error) }
  }

  override render(): ReactNode {
    const { failed } = this.state
    if (failed === null) return this.props.children
    return (
      <p className="empty" role="alert">
        {this.props.what} cannot be shown: {failed}. The desk trades on; reload this window to try again.
      </p>
    )
  }
}
