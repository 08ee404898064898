import type { CanaryRow, DeploymentRow } from '../../shared/domain/deployments.ts'

/** What a canary gets of its strategy. */
export type CanaryPart = Omit<CanaryRow, 'since'>

/** What is to be deployed, and on whose behalf. */
export interface Attempt {
  readonly strategy: string
  /** Hash of a stored version; undefined = the strategy's files as they are now. */
  readonly stored?: string | undefined
  /** True: once proved it waits for a reload that names it. */
  readonly hold?: boolean
  readonly trigger: DeploymentRow['trigger']
  /** Earlier tries of the same attempt; undefined = it is the first. */
  readonly tries?: number
  /** The caller tries again itself where what ended it may pass. */
  readonly once?: boolean
  readonly by: string
  /** Monotonic milliseconds at which the change was noticed. */
  readonly noticedAt: number
  readonly reason?: string | undefined
  /** A person's reason to let it through whatever rule stands against it. */
  readonly override?: string | undefined
  /** It runs beside the live version until it is promoted. */
  readonly shadow?: boolean
  /** What it gets as a canary; undefined = all of its strategy. */
  readonly part?: CanaryPart | undefined
}

/** What a person says who lets a waiting candidate continue. */
export type Confirmation = Pick<Attempt, 'by' | 'noticedAt' | 'reason' | 'override' | 'shadow' | 'part'>
