import type { CallInput, CallName, CallOutput } from '../../shared/ipc/calls.ts'
import type { DeskBridge, DeskClient } from '../../shared/ipc/connection.ts'
import { parseOutput, parsePush } from './wire.ts'

/** Client over Electron's preload bridge. The desk runs in the process that owns this window, so it is always connected. */
export function createBridgeDeskClient(bridge: DeskBridge): DeskClient {
  return {
    async call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
      return parseOutput(name, await bridge.call(name, input))
    },
    onPush(listener) {
      return bridge.onPush((push) => listener(parsePush(push)))
    },
    onConnection(listener) {
      listener('connected')
      return () => {}
    },
  }
}
