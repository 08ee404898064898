import type { CommandOutcome, CommandSource } from '../../shared/domain/commands.ts'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { JournalRecord } from '../../shared/domain/records.ts'
import type { ReplayTrade } from '../../shared/domain/replays.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { EventRow } from '../../shared/ipc/desk-view.ts'
import type { BrowserRole } from './browser-sessions.ts'
import type { Trial } from './trials.ts'

/** Everything that is ever written down, as plain data: it crosses to the journal's thread. */
export type JournalWrite =
  | { readonly w: 'record'; readonly record: JournalRecord }
  | { readonly w: 'version'; readonly version: StoredVersion }
  /** @see JournalWriter.deployment */
  | { readonly w: 'deployment'; readonly row: DeploymentRow; readonly outgoingStates: string | null }
  | { readonly w: 'differences'; readonly deployment: string; readonly differences: readonly DecisionDifference[] }
  | {
      readonly w: 'shadow'
      readonly deployment: string
      readonly version: string
      readonly trades: readonly ReplayTrade[]
    }
  | { readonly w: 'trial'; readonly trial: Trial }
  | {
      readonly w: 'command'
      readonly ts: UnixMs
      readonly source: CommandSource
      readonly kind: string
      readonly body: string
      readonly outcome: CommandOutcome
    }
  | { readonly w: 'controlSeq'; readonly seq: number }
  | { readonly w: 'botState'; readonly ts: UnixMs; readonly json: string }
  /** A browser signed in; the hash is of its token. */
  | { readonly w: 'browserSession'; readonly hash: string; readonly role: BrowserRole; readonly ts: UnixMs }
  | { readonly w: 'revokeSession'; readonly hash: string; readonly ts: UnixMs }

/** What a transaction wrote that somebody shows. */
export interface CommitReport {
  readonly events: readonly EventRow[]
  /** Versions, positions or deployments changed: their lists are out of date. */
  readonly listsChanged: boolean
}

/** What is stored of a version besides how far it has come. */
export interface StoredVersion {
  readonly hash: VersionHash
  readonly strategy: string
  readonly number: number
  readonly label: string
  readonly apiVersion: number
  readonly manifest: string
  readonly bundle: string
  readonly sourceMap: string
  readonly createdAt: UnixMs
  readonly sources: readonly { readonly path: string; readonly text: string }[]
}
