import type { CallInput, CallName, CallOutput } from '../../shared/ipc/calls.ts'
import type { DeskBridge, DeskClient, DeskPush } from '../../shared/ipc/connection.ts'

/** The desk behind Electron's preload bridge. It lives in the process that owns this window, so it is never lost. */
export function createBridgeDeskClient(bridge: DeskBridge): DeskClient {
  return {
    async call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
      // The desk answers by the contract; types are gone at the process boundary.
      return (await bridge.call(name, input)) as CallOutput<N>
    },
    onPush(listener) {
      return bridge.onPush((push) => listener(push as DeskPush))
    },
    onConnection(listener) {
      listener('connected')
      return () => {}
    },
  }
}
