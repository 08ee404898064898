import type { DeskBridge, DeskClient } from '../../shared/ipc/connection.ts'
import { createBridgeDeskClient } from './bridge-client.ts'
import { browserEnvironment } from './browser.ts'
import { createSocketDeskClient } from './socket-client.ts'

declare global {
  interface Window {
    /** Put there by the preload script; absent in a browser. */
    readonly baton?: DeskBridge
  }
}

/** The desk this page belongs to: the bridge in a desktop window, else the socket of the page's own origin. */
export function createDesk(): DeskClient {
  return window.baton === undefined
    ? createSocketDeskClient(browserEnvironment())
    : createBridgeDeskClient(window.baton)
}
