import { contextBridge, ipcRenderer } from 'electron'
import type { CallName, CallReply, DeskBridge } from '../shared/ipc/contract.ts'

/** Every call the window may make; a record, so that a call added to the contract does not compile until it is here. */
const CALLS: Readonly<Record<CallName, true>> = {
  'desk.snapshot': true,
  'desk.command': true,
  'chart.get': true,
  'trades.list': true,
  'orders.list': true,
  'attribution.records': true,
  'attribution.compare': true,
  'attribution.profit': true,
  'attribution.gauge': true,
  'files.list': true,
  'files.read': true,
  'files.write': true,
  'versions.source': true,
  'proof.diff': true,
  'tapes.list': true,
  'replay.start': true,
  'replay.cancel': true,
  'replay.list': true,
  'replay.trades': true,
  'replay.chart': true,
  'editor.types': true,
}

const bridge: DeskBridge = {
  async call(name, input) {
    if (!Object.hasOwn(CALLS, name)) throw new Error(`unknown call: ${String(name)}`)
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
