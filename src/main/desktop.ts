import { Command } from 'commander'
import { app, type BrowserWindow, dialog, globalShortcut, safeStorage } from 'electron'
import { Station } from './app/station.ts'
import { type DeskEnd, Supervisor } from './app/supervise.ts'
import { addDeskFlags, type DeskFlags, stationOptions } from './cli/desk-options.ts'
import { registerScheme, serveAssets } from './desktop/assets.ts'
import { DeskTray } from './desktop/tray.ts'
import { connectWindow, openWindow } from './desktop/window.ts'
import { openSecrets } from './secrets/open.ts'

/** Global shortcut that kills, whichever program has the focus. */
const KILL_CHORD = 'Shift+Escape'

function flags(): DeskFlags {
  const command = addDeskFlags(new Command('baton')).allowUnknownOption().allowExcessArguments()
  return command.parse(process.argv.slice(app.isPackaged ? 1 : 2), { from: 'user' }).opts<DeskFlags>()
}

/** The desk with an Electron window and a tray. */
class Desktop {
  private readonly station: Station
  private readonly tray: DeskTray
  private readonly supervisor: Supervisor
  private window: BrowserWindow | undefined
  private disconnect: () => void = () => {}
  private quitting = false

  constructor(station: Station) {
    this.station = station
    this.supervisor = new Supervisor(station)
    void this.supervisor.ended.then((end) => this.exit(end))
    this.tray = new DeskTray(station.port, { open: () => this.show(), quit: () => app.quit() })
    globalShortcut.register(KILL_CHORD, () => {
      void station.port.dispatch({ kind: 'kill', positions: 'hold', reason: `${KILL_CHORD} pressed` }, 'tray')
    })
    app.on('before-quit', (event) => this.beforeQuit(event))
    app.on('activate', () => this.show())
    this.show()
  }

  /** Starts the desk, and from then on updates the tray at every change. */
  async start(): Promise<void> {
    await this.supervisor.start()
    this.station.desk.hub.changed.on(() => this.tray.refresh())
    this.tray.refresh()
  }

  private show(): void {
    if (this.window !== undefined && !this.window.isDestroyed()) {
      this.window.show()
      this.window.focus()
      return
    }
    this.window = openWindow()
    this.disconnect = connectWindow(this.station.port, this.window)
    // Closing the window leaves the desk trading in the tray.
    this.window.on('closed', () => {
      this.disconnect()
      this.window = undefined
    })
  }

  /** Stops the desk before the process quits, so that everything is on disk. */
  private beforeQuit(event: { preventDefault(): void }): void {
    if (this.quitting) return
    event.preventDefault()
    this.quitting = true
    globalShortcut.unregisterAll()
    this.tray.destroy()
    this.disconnect()
    void this.supervisor.end({ reason: 'it was quit', clean: true })
  }

  /** Ends the process after the desk, with an error box if the desk failed. */
  private exit({ reason, clean }: DeskEnd): void {
    this.quitting = true
    if (!clean) dialog.showErrorBox('Baton is down', reason)
    app.exit(clean ? 0 : 1)
  }
}

registerScheme()
// Without this listener, Electron would quit when the window is closed.
app.on('window-all-closed', () => {})
await app.whenReady()
serveAssets()
const openDesktopSecrets = (folder: string) => openSecrets({ folder, env: process.env, os: safeStorage })
const opened = await Station.open({ ...stationOptions(flags(), undefined), openSecrets: openDesktopSecrets })
if (opened.ok) {
  await new Desktop(opened.value).start()
} else {
  dialog.showErrorBox('Baton cannot start', opened.error)
  app.exit(2)
}
