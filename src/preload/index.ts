import { contextBridge, ipcRenderer } from 'electron'
import type { CallReply, DeskBridge } from '../shared/ipc/connection.ts'

/** Names of the calls, from the contract: the build puts them here, so that the bridge carries no schema library. */
declare const __DESK_CALLS__: readonly string[]

const bridge: DeskBridge = {
  async call(name, input) {
    if (!__DESK_CALLS__.includes(name)) throw new Error(`unknown call: ${String(name)}`)
    // Electron would pass on only an error's message, so the desk answers failures as data.
    const reply: CallReply = await ipcRenderer.invoke('desk:call', { name, input })
    if (!reply.ok) throw new Error(reply.error)
    return reply.value
  },
  onPush(listener) {
    // The event object carries the sender and must not reach the page.
    const forward = (_event: unknown, push: unknown): void => listener(push)
    ipcRenderer.on('desk:push', forward)
    return () => {
      ipcRenderer.removeListener('desk:push', forward)
    }
  },
}

contextBridge.exposeInMainWorld('baton', bridge)
