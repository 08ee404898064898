import type { CallName, CallOutput } from '../../shared/ipc/calls.ts'
import type { DeskPush, ServerFrame } from '../../shared/ipc/connection.ts'

/**
 * Typed values of what arrives from the desk. Desk and window are built from the same contract, so nothing is validated
 * a second time; these functions are the only places that assert a type on received data.
 */

/** Parses one text frame of the browser desk's WebSocket. */
export function parseFrame(text: string): ServerFrame {
  return JSON.parse(text) as ServerFrame
}

/** The answer to the call `name`. */
export function parseOutput<N extends CallName>(_name: N, value: unknown): CallOutput<N> {
  return value as CallOutput<N>
}

/** A push received over Electron's IPC. */
export function parsePush(value: unknown): DeskPush {
  return value as DeskPush
}
