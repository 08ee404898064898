import { StandInApp, StandInDialog, StandInProtocol, StandInSafeStorage, StandInShortcuts } from './app.ts'
import { images, StandInMenu, StandInTray } from './tray.ts'
import { allClosed, StandInIpcMain, StandInWindow } from './window.ts'
import { strict } from './wire.ts'

/**
 * Stands in for the module `electron` in a Node process, as far as the desk's main process uses it. Signatures are
 * checked against Electron's own declarations; anything that is not here throws. The screen is a page of a real
 * browser, which the test that started this process drives.
 */
type StandIn = Record<keyof Pick<typeof import('electron'), (typeof NAMES)[number]>, object>
const NAMES = [
  'app',
  'BrowserWindow',
  'dialog',
  'globalShortcut',
  'ipcMain',
  'Menu',
  'nativeImage',
  'protocol',
  'safeStorage',
  'Tray',
] as const

/** A class whose objects have only what the stand-in gives them. */
function strictClass<A extends readonly unknown[], T extends object>(name: string, of: new (...args: A) => T) {
  return new Proxy(of, {
    construct: (target, args: unknown[], self) => strict(name, Reflect.construct(target, args, self) as T),
    get(target, key, receiver) {
      if (typeof key === 'string' && !(key in target))
        throw new Error(`${name}.${key} is not in the stand-in for Electron`)
      return Reflect.get(target, key, receiver)
    },
  })
}

const theApp = new StandInApp()
allClosed.tell = () => {
  // Electron quits by itself where nobody listens.
  if (!theApp.emit('window-all-closed')) theApp.quit()
}

export const app = strict('app', theApp)
export const BrowserWindow = strictClass('BrowserWindow', StandInWindow)
export const dialog = strict('dialog', new StandInDialog())
export const globalShortcut = strict('globalShortcut', new StandInShortcuts())
export const ipcMain = strict('ipcMain', new StandInIpcMain())
export const Menu = strictClass('Menu', StandInMenu)
export const nativeImage = strict('nativeImage', images)
export const protocol = strict('protocol', new StandInProtocol())
export const safeStorage = strict('safeStorage', new StandInSafeStorage())
export const Tray = strictClass('Tray', StandInTray)

const all = {
  app,
  BrowserWindow,
  dialog,
  globalShortcut,
  ipcMain,
  Menu,
  nativeImage,
  protocol,
  safeStorage,
  Tray,
} satisfies StandIn
if (Object.keys(all).length !== NAMES.length) throw new Error('the stand-in lacks a name')
