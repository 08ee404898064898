import { EventEmitter } from 'node:events'
import type {
  BrowserWindow,
  BrowserWindowConstructorOptions,
  IpcMain,
  IpcMainInvokeEvent,
  WebContents,
  WebFrameMain,
  WebPreferences,
} from 'electron'
import { needReady, preventable } from './app.ts'
import { onlyKnown, onScreen, strict, tell } from './wire.ts'

const OPTIONS: ReadonlySet<string> = new Set<keyof BrowserWindowConstructorOptions>([
  'width',
  'height',
  'minWidth',
  'minHeight',
  'show',
  'title',
  'backgroundColor',
  'webPreferences',
])
const PREFERENCES: ReadonlySet<string> = new Set<keyof WebPreferences>([
  'preload',
  'contextIsolation',
  'sandbox',
  'nodeIntegration',
])

const windows = new Map<number, StandInWindow>()
let lastId = 0
/** Told when the last window has gone. */
export const allClosed = { tell: (): void => {} }

function windowOf(id: number): StandInWindow {
  const window = windows.get(id)
  if (window === undefined) throw new Error(`there is no window ${id}`)
  return window
}

onScreen('ready-to-show', ({ window }) => windows.get(window)?.emit('ready-to-show'))
onScreen('close', ({ window }) => windowOf(window).closed())
onScreen('navigate', ({ window, id, url }) => {
  const event = preventable()
  windowOf(window).webContents.emit('will-navigate', event, url)
  tell({ t: 'answer', id, ok: true, value: event.defaultPrevented })
})
onScreen('open', ({ window, id, url }) => {
  tell({ t: 'answer', id, ok: true, value: windowOf(window).webContents.mayOpen(url) })
})

type OpenHandler = Parameters<WebContents['setWindowOpenHandler']>[0]

class StandInContents extends EventEmitter implements Pick<WebContents, 'send' | 'setWindowOpenHandler'> {
  private readonly window: number
  private openHandler: OpenHandler | undefined
  gone = false

  constructor(window: number) {
    super()
    this.window = window
  }

  send(channel: string, ...args: unknown[]): void {
    if (this.gone) throw new Error('Object has been destroyed')
    tell({ t: 'send', window: this.window, channel, args: structuredClone(args) })
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler
  }

  /** What the desk's own handler says of a page that asks for a window. */
  mayOpen(url: string): string {
    const details = {
      url,
      frameName: '',
      features: '',
      disposition: 'default',
      referrer: { url: '', policy: 'default' },
    }
    const asked = details as Parameters<OpenHandler>[0]
    return this.openHandler?.(asked).action ?? 'allow'
  }
}

/** Electron's window, drawn as a page of a real browser by the test. */
export class StandInWindow
  extends EventEmitter
  implements Pick<BrowserWindow, 'show' | 'focus' | 'isDestroyed' | 'loadURL'>
{
  readonly webContents: StandInContents
  readonly id: number
  private readonly options: BrowserWindowConstructorOptions

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super()
    needReady('a window')
    onlyKnown('BrowserWindow', options, OPTIONS)
    onlyKnown('webPreferences', options.webPreferences ?? {}, PREFERENCES)
    const { contextIsolation, sandbox, nodeIntegration } = options.webPreferences ?? {}
    if (contextIsolation !== true || sandbox !== true || nodeIntegration !== false) {
      throw new Error('the stand-in has only isolated, sandboxed windows without Node')
    }
    lastId += 1
    this.id = lastId
    this.options = options
    this.webContents = strict('webContents', new StandInContents(this.id))
    windows.set(this.id, this)
  }

  show(): void {
    this.alive()
    tell({ t: 'shown', window: this.id, how: 'show' })
  }

  focus(): void {
    this.alive()
    tell({ t: 'shown', window: this.id, how: 'focus' })
  }

  isDestroyed(): boolean {
    return !windows.has(this.id)
  }

  async loadURL(url: string): Promise<void> {
    this.alive()
    const { width = 800, height = 600, webPreferences } = this.options
    tell({ t: 'load', window: this.id, url, preload: webPreferences?.preload ?? '', width, height })
  }

  /** The person closed it. */
  closed(): void {
    windows.delete(this.id)
    this.webContents.gone = true
    this.emit('closed')
    if (windows.size === 0) allClosed.tell()
  }

  private alive(): void {
    if (this.isDestroyed()) throw new Error('Object has been destroyed')
  }
}

type Listener = Parameters<IpcMain['handle']>[1]

export class StandInIpcMain implements Pick<IpcMain, 'handle' | 'removeHandler'> {
  private readonly handlers = new Map<string, Listener>()

  constructor() {
    onScreen('invoke', async ({ id, window, channel, args, url, top }) => {
      try {
        const handler = this.handlers.get(channel)
        if (handler === undefined) throw new Error(`No handler registered for '${channel}'`)
        const value: unknown = await handler(invokeEvent(window, url, top), ...structuredClone(args))
        tell({ t: 'answer', id, ok: true, value: structuredClone(value) })
      } catch (error) {
        tell({ t: 'answer', id, ok: false, value: `Error invoking remote method '${channel}': ${String(error)}` })
      }
    })
  }

  handle(channel: string, listener: Listener): void {
    if (this.handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`)
    this.handlers.set(channel, listener)
  }

  removeHandler(channel: string): void {
    this.handlers.delete(channel)
  }
}

/** The event of a call, with the frame it came from; whatever else of it is used is an error. */
function invokeEvent(window: number, url: string, top: boolean): IpcMainInvokeEvent {
  type Frame = Pick<WebFrameMain, 'url' | 'parent'>
  const above: Frame = { url: '', parent: null }
  const frame = strict<Frame>('senderFrame', { url, parent: top ? null : (above as WebFrameMain) })
  const event: Pick<IpcMainInvokeEvent, 'senderFrame' | 'processId' | 'frameId' | 'type'> = {
    senderFrame: frame as WebFrameMain,
    processId: window,
    frameId: 1,
    type: 'frame',
  }
  return strict('event', event) as IpcMainInvokeEvent
}
