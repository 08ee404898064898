import { join } from 'node:path'
import { BrowserWindow, ipcMain } from 'electron'
import { z } from 'zod'
import type { DeskPort } from '../api/desk-port.ts'
import { callDesk } from '../api/socket.ts'
import { packageRoot } from '../platform/package-files.ts'
import { ORIGIN } from './assets.ts'

const callSchema = z.object({ name: z.string(), input: z.unknown() })

/** The desk's window: sandboxed, isolated, and unable to navigate away. */
export function openWindow(): BrowserWindow {
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 1100,
    minHeight: 700,
    show: false,
    title: 'Baton',
    backgroundColor: '#0b0d10',
    webPreferences: {
      preload: join(packageRoot(), 'out/preload/index.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    },
  })
  window.webContents.on('will-navigate', (event) => event.preventDefault())
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  window.once('ready-to-show', () => window.show())
  void window.loadURL(`${ORIGIN}/`)
  return window
}

/** Answers the window's calls and forwards the desk's pushes. @returns ends both */
export function connectWindow(desk: DeskPort, window: BrowserWindow): () => void {
  ipcMain.handle('desk:call', async (event, payload: unknown) => {
    // Only the desk's own page may call, and only from its top frame.
    const frame = event.senderFrame
    if (frame === null || frame.parent !== null || !frame.url.startsWith(`${ORIGIN}/`))
      return { ok: false, error: 'not the window of this desk' }
    const call = callSchema.safeParse(payload)
    if (!call.success) return { ok: false, error: 'a call is { name, input }' }
    return callDesk(desk, 'window', call.data.name, call.data.input)
  })
  const unsubscribe = desk.subscribe((push) => {
    if (!window.isDestroyed()) window.webContents.send('desk:push', push)
  })
  return () => {
    unsubscribe()
    ipcMain.removeHandler('desk:call')
  }
}
