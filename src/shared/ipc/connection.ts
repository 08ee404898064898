import type { DeploymentRow } from '../domain/deployments.ts'
import type { DeploymentId } from '../domain/ids.ts'
import type { DecisionDifference } from '../domain/proofs.ts'
import type { ReplayRow } from '../domain/replays.ts'
import type { Asset, CandleFrame, SlotId } from '../domain/slots.ts'
import type { CallInput, CallName, CallOutput } from './calls.ts'
import type { CandleTuple, DeploymentLine, TradeMark } from './chart-view.ts'
import type { DeskStatus, EventRow, SlotRow, VersionRow } from './desk-view.ts'
import type { FileEntry } from './files.ts'

/** Message that the desk pushes to every window; a row replaces the one with the same key. */
export type DeskPush =
  | { readonly kind: 'status'; readonly status: DeskStatus }
  | { readonly kind: 'slots'; readonly rows: readonly SlotRow[] }
  | { readonly kind: 'versions'; readonly rows: readonly VersionRow[] }
  | { readonly kind: 'deployment'; readonly row: DeploymentRow }
  | { readonly kind: 'event'; readonly row: EventRow }
  | { readonly kind: 'mark'; readonly slot: SlotId; readonly mark: TradeMark }
  | { readonly kind: 'line'; readonly slots: readonly SlotId[]; readonly line: DeploymentLine }
  | { readonly kind: 'candle'; readonly asset: Asset; readonly frame: CandleFrame; readonly candle: CandleTuple }
  | { readonly kind: 'file'; readonly entry: FileEntry }
  | { readonly kind: 'replay'; readonly row: ReplayRow }
  /** Differences found since the last push of the same deployment. */
  | { readonly kind: 'diff'; readonly deployment: DeploymentId; readonly items: readonly DecisionDifference[] }

/** Interface through which a window uses its desk. */
export interface DeskClient {
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>
  /** Subscribes to pushes; returns a function that unsubscribes. */
  onPush(listener: (push: DeskPush) => void): () => void
  /** Subscribes to the connection state; the listener is also called once at the start. */
  onConnection(listener: (state: 'connecting' | 'connected' | 'lost') => void): () => void
}

/** Preload bridge, exposed as `window.baton`. */
export interface DeskBridge {
  call(name: string, input: unknown): Promise<unknown>
  onPush(listener: (push: unknown) => void): () => void
}

/** Reply to a call over IPC; failures are data. */
export type CallReply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string }

/** Frames of the browser desk's WebSocket (`/ws`), each one JSON text. */
export type ClientFrame = { readonly t: 'call'; readonly id: number; readonly name: string; readonly input: unknown }

export type ServerFrame =
  | { readonly t: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly t: 'failure'; readonly id: number; readonly error: string }
  | { readonly t: 'push'; readonly push: DeskPush }
