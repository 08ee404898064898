import type { CommandOutcome, CommandSource } from '../../shared/domain/commands.ts'
import type { CallName, CallOutput, ParsedInput } from '../../shared/ipc/calls.ts'
import type { DeskPush } from '../../shared/ipc/connection.ts'
import type { DeskStatus } from '../../shared/ipc/desk-view.ts'
import type { ReadableDb } from '../db/db.ts'

/** What HTTP, sockets and windows may see and ask of a desk. */
export interface DeskPort {
  /** For lists. */
  readonly db: ReadableDb
  status(): DeskStatus
  /** Answers one call; its input has been parsed. */
  call<N extends CallName>(name: N, input: ParsedInput<N>, source: CommandSource): Promise<CallOutput<N>>
  /** Subscribes to what every window is sent; the disposer ends it. */
  subscribe(listener: (push: DeskPush) => void): () => void
  /** Carries out a command; parses it first. */
  dispatch(input: unknown, source: CommandSource): Promise<CommandOutcome>
  /** True once trading was stopped by an error. */
  hasFailed(): boolean
}
