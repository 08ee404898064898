import type { DeskBridge, DeskClient } from '../../shared/ipc/connection.ts'
import { createBridgeDeskClient } from './bridge-client.ts'
import { browserEnvironment } from './browser.ts'
import { SocketDeskClient } from './socket-client.ts'

declare global {
  interface Window {
    /** Exposed by the preload script; absent in a browser. */
    readonly baton?: DeskBridge
  }
}

/** Client of this page's desk: the preload bridge in a desktop window, else a socket on the page's own origin. */
export function createDeskClient(): DeskClient {
  return window.baton === undefined ? new SocketDeskClient(browserEnvironment()) : createBridgeDeskClient(window.baton)
}
