import { contextBridge, ipcRenderer } from 'electron'
import type { CallReply, DeskBridge } from '../shared/ipc/connection.ts'

/** Names of the calls, inserted by the build, so that the bridge does not bundle the schema library. */
declare const __DESK_CALLS__: readonly string[]

const bridge: DeskBridge = {
  async call(name, input) {
    if (!__DESK_CALLS__.includes(name)) throw new Error(`unknown call: ${String(name)}`)
    // Electron passes on only the message of an error, so the desk returns failures as data.
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
