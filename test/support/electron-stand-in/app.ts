import { EventEmitter } from 'node:events'
import type { App, CustomScheme, Dialog, GlobalShortcut, Protocol, SafeStorage } from 'electron'
import { afterAllIsSaid, listen, onScreen, tell } from './wire.ts'

const EVENTS: ReadonlySet<string | symbol> = new Set(['before-quit', 'activate', 'window-all-closed', 'newListener'])

/** Set once `whenReady` resolved: most of Electron may not be used before. */
let ready = false

export function needReady(what: string): void {
  if (!ready) throw new Error(`${what} cannot be used before the app is ready`)
}

/** Events with `preventDefault`, as Electron's. */
export function preventable(): { preventDefault(): void; readonly defaultPrevented: boolean } {
  let prevented = false
  return {
    preventDefault() {
      prevented = true
    },
    get defaultPrevented() {
      return prevented
    },
  }
}

/** Electron's `app`, as far as the desk uses it. */
export class StandInApp extends EventEmitter implements Pick<App, 'isPackaged' | 'whenReady' | 'quit' | 'exit'> {
  readonly isPackaged = false

  constructor() {
    super()
    this.on('newListener', (event: string | symbol) => {
      if (!EVENTS.has(event)) throw new Error(`app never emits ${String(event)} in the stand-in`)
    })
  }

  async whenReady(): Promise<void> {
    // Never in the same turn, as in Electron.
    await new Promise((resolve) => setImmediate(resolve))
    if (!ready) listen()
    ready = true
  }

  quit(): void {
    const event = preventable()
    this.emit('before-quit', event)
    if (!event.defaultPrevented) this.exit(0)
  }

  exit(exitCode = 0): void {
    // What was said last must be heard: the test reads it after the end.
    afterAllIsSaid(() => process.exit(exitCode))
  }
}

/** Schemes that were made privileged, in time. */
const privileged = new Map<string, CustomScheme>()

type Handler = Parameters<Protocol['handle']>[1]

export class StandInProtocol implements Pick<Protocol, 'registerSchemesAsPrivileged' | 'handle'> {
  private readonly handlers = new Map<string, Handler>()

  constructor() {
    onScreen('request', (message) => void this.answer(message.id, message.url, message.method))
  }

  registerSchemesAsPrivileged(customSchemes: CustomScheme[]): void {
    if (ready) throw new Error('schemes can be made privileged only before the app is ready')
    for (const scheme of customSchemes) privileged.set(scheme.scheme, scheme)
  }

  handle(scheme: string, handler: Handler): void {
    needReady('protocol.handle')
    if (this.handlers.has(scheme)) throw new Error(`${scheme}: is handled already`)
    // Without these a page of the scheme has no origin, no storage and no fetch.
    if (privileged.get(scheme)?.privileges?.standard !== true)
      throw new Error(`${scheme}: was not made a standard scheme`)
    this.handlers.set(scheme, handler)
  }

  private async answer(id: number, url: string, method: string): Promise<void> {
    const handler = this.handlers.get(new URL(url).protocol.slice(0, -1))
    if (handler === undefined) throw new Error(`nobody handles ${url}`)
    const response = await handler(new Request(url, { method }))
    const headers = Object.fromEntries(response.headers)
    const body = new Uint8Array(await response.arrayBuffer())
    tell({ t: 'response', id, status: response.status, headers, body })
  }
}

export class StandInShortcuts implements Pick<GlobalShortcut, 'register' | 'unregisterAll'> {
  private readonly registered = new Map<string, () => void>()

  constructor() {
    onScreen('shortcut', ({ accelerator }) => {
      const callback = this.registered.get(accelerator)
      if (callback === undefined) throw new Error(`nothing is registered for ${accelerator}`)
      callback()
    })
  }

  register(accelerator: string, callback: () => void): boolean {
    needReady('globalShortcut')
    checkAccelerator(accelerator)
    if (this.registered.has(accelerator)) return false
    this.registered.set(accelerator, callback)
    tell({ t: 'shortcuts', accelerators: [...this.registered.keys()] })
    return true
  }

  unregisterAll(): void {
    this.registered.clear()
    tell({ t: 'shortcuts', accelerators: [] })
  }
}

const MODIFIERS = /^(Command|Cmd|Control|Ctrl|CommandOrControl|CmdOrCtrl|Alt|Option|AltGr|Shift|Super|Meta)$/

/** Electron throws for an accelerator that it cannot read. */
export function checkAccelerator(accelerator: string): void {
  const parts = accelerator.split('+')
  const key = parts.pop() ?? ''
  if (parts.every((part) => MODIFIERS.test(part)) && /^(Escape|Esc|[A-Z0-9]|F\d\d?)$/.test(key)) return
  throw new Error(`the stand-in cannot read the accelerator ${accelerator}`)
}

export class StandInDialog implements Pick<Dialog, 'showErrorBox'> {
  showErrorBox(title: string, content: string): void {
    tell({ t: 'error-box', title, content })
  }
}

/** Electron's `safeStorage` on a computer whose keychain works; what it encrypts is only turned around. */
export class StandInSafeStorage
  implements
    Pick<SafeStorage, 'isEncryptionAvailable' | 'encryptString' | 'decryptString' | 'getSelectedStorageBackend'>
{
  isEncryptionAvailable(): boolean {
    needReady('safeStorage')
    return true
  }

  getSelectedStorageBackend(): 'gnome_libsecret' {
    return 'gnome_libsecret'
  }

  encryptString(text: string): Buffer {
    return Buffer.from(text).reverse()
  }

  decryptString(encrypted: Buffer): string {
    return Buffer.from(encrypted).reverse().toString()
  }
}
