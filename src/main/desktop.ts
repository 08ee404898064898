import { Command } from 'commander'
import { app, type BrowserWindow, dialog, globalShortcut } from 'electron'
import { Station } from './app/station.ts'
import { type DeskEnd, Supervisor } from './app/supervise.ts'
import { addDeskFlags, type DeskFlags, stationOptions } from './cli/desk-options.ts'
import { registerScheme, serveAssets } from './desktop/assets.ts'
import { DeskTray } from './desktop/tray.ts'
import { connectWindow, openWindow } from './desktop/window.ts'

/** The desktop: the same desk with a window of its own, a tray, and a kill chord that works from everywhere. */
const KILL_CHORD = 'Shift+Escape'

function flags(): DeskFlags {
  const command = addDeskFlags(new Command('baton')).allowUnknownOption().allowExcessArguments()
  return command.parse(process.argv.slice(app.isPackaged ? 1 : 2), { from: 'user' }).opts<DeskFlags>()
}

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
    void this.supervisor.ended.then((end) => this.gone(end))
    this.tray = new DeskTray(station.port, { open: () => this.show(), quit: () => app.quit() })
    globalShortcut.register(KILL_CHORD, () => {
      void station.port.dispatch({ kind: 'kill', positions: 'hold', reason: `${KILL_CHORD} pressed` }, 'tray')
    })
    app.on('before-quit', (event) => this.beforeQuit(event))
    app.on('activate', () => this.show())
    this.show()
  }

  /** Keeps the tray up to date from now on. */
  follow(): void {
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

  /** Quitting is joined: everything is on disk before the process ends. */
  private beforeQuit(event: { preventDefault(): void }): void {
    if (this.quitting) return
    event.preventDefault()
    this.quitting = true
    globalShortcut.unregisterAll()
    this.tray.destroy()
    this.disconnect()
    void this.supervisor.end({ reason: 'it was quit', clean: true })
  }

  /** However the desk ended, the process goes with it; what went wrong is shown before. */
  private gone({ reason, clean }: DeskEnd): void {
    this.quitting = true
    if (!clean) dialog.showErrorBox('Baton is down', reason)
    app.exit(clean ? 0 : 1)
  }
}

registerScheme()
// The desk goes on in the tray when its window is closed.
app.on('window-all-closed', () => {})
await app.whenReady()
serveAssets()
const opened = await Station.open(stationOptions(flags(), undefined))
if (opened.ok) {
  const desktop = new Desktop(opened.value)
  await opened.value.start()
  desktop.follow()
} else {
  dialog.showErrorBox('Baton cannot start', opened.error)
  app.exit(2)
}
