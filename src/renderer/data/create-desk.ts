import type { Desk, DeskBridge } from '../../shared/ipc/connection.ts'
import { createBridgeDesk } from './bridge-desk.ts'
import { browserEnvironment } from './browser.ts'
import { createSocketDesk } from './socket-desk.ts'

declare global {
  interface Window {
    /** Put there by the preload script; absent in a browser. */
    readonly baton?: DeskBridge
  }
}

/** The desk this page belongs to: the bridge in a desktop window, else the socket of the page's own origin. */
export function createDesk(): Desk {
  return window.baton === undefined ? createSocketDesk(browserEnvironment()) : createBridgeDesk(window.baton)
}
