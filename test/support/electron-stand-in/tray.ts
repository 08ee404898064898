import { EventEmitter } from 'node:events'
import type {
  CreateFromBitmapOptions,
  Menu,
  MenuItem,
  MenuItemConstructorOptions,
  NativeImage,
  nativeImage,
  Tray,
} from 'electron'
import { checkAccelerator, needReady } from './app.ts'
import { onlyKnown, onScreen, strict, tell } from './wire.ts'

/** Electron's method with the stand-in's own kind of argument. */
type With<F extends (arg: never) => unknown, A> = (arg: A) => ReturnType<F>

type Template = Array<MenuItemConstructorOptions | MenuItem>

const ITEM_OPTIONS: ReadonlySet<string> = new Set(['label', 'type', 'enabled', 'click', 'accelerator'])

export class StandInMenu {
  readonly template: readonly (MenuItemConstructorOptions | MenuItem)[]

  constructor(template: Template) {
    this.template = template
  }

  static buildFromTemplate(template: Template): StandInMenu {
    for (const item of template) {
      onlyKnown('a menu item', item, ITEM_OPTIONS)
      if (item.label === undefined && item.type !== 'separator') throw new Error('a menu item needs a label')
      if (typeof item.accelerator === 'string') checkAccelerator(item.accelerator)
    }
    return strict('menu', new StandInMenu(template))
  }
}

/** Electron's own signature, with the stand-in's menu in place of its menu. */
StandInMenu.buildFromTemplate satisfies (...args: Parameters<typeof Menu.buildFromTemplate>) => StandInMenu

export class StandInImage implements Pick<NativeImage, 'isEmpty'> {
  /** Colour that a person sees it in. */
  readonly colour: string

  constructor(colour: string) {
    this.colour = colour
  }

  isEmpty(): boolean {
    return false
  }
}

export const images = {
  createFromBitmap(buffer: Buffer, options: CreateFromBitmapOptions): StandInImage {
    const { width, height } = options
    if (buffer.length !== width * height * 4) throw new Error('a bitmap has four bytes a pixel')
    // BGRA; the first pixel that is not transparent stands for all.
    for (let at = 0; at < buffer.length; at += 4) {
      if (buffer[at + 3] === 0) continue
      const [blue, green, red] = buffer.subarray(at, at + 3)
      return strict(
        'image',
        new StandInImage(`#${[red, green, blue].map((part) => (part ?? 0).toString(16).padStart(2, '0')).join('')}`),
      )
    }
    throw new Error('an icon that nobody can see')
  },
}
images.createFromBitmap satisfies (...args: Parameters<typeof nativeImage.createFromBitmap>) => StandInImage

const TRAY_EVENTS: ReadonlySet<string | symbol> = new Set(['click', 'newListener'])

export class StandInTray extends EventEmitter implements Pick<Tray, 'setToolTip' | 'destroy' | 'isDestroyed'> {
  private image: StandInImage
  private toolTip = ''
  private menu: StandInMenu | null = null
  private destroyed = false

  constructor(image: StandInImage) {
    super()
    needReady('a tray')
    this.image = image
    this.on('newListener', (event: string | symbol) => {
      if (!TRAY_EVENTS.has(event)) throw new Error(`a tray never emits ${String(event)} in the stand-in`)
    })
    onScreen('tray-click', () => this.emit('click'))
    onScreen('menu', ({ label }) => this.choose(label))
  }

  setImage(image: StandInImage): void {
    this.alive()
    this.image = image
    this.show()
  }

  setToolTip(toolTip: string): void {
    this.alive()
    this.toolTip = toolTip
    this.show()
  }

  setContextMenu(menu: StandInMenu | null): void {
    this.alive()
    this.menu = menu
    this.show()
  }

  destroy(): void {
    this.destroyed = true
    tell({ t: 'tray', look: null })
  }

  isDestroyed(): boolean {
    return this.destroyed
  }

  private alive(): void {
    if (this.destroyed) throw new Error('Object has been destroyed')
  }

  private show(): void {
    const items = (this.menu?.template ?? []).flatMap((item) =>
      item.label === undefined
        ? []
        : [{ label: item.label, enabled: item.enabled !== false, accelerator: String(item.accelerator ?? '') }],
    )
    tell({ t: 'tray', look: { toolTip: this.toolTip, colour: this.image.colour, items } })
  }

  private choose(label: string): void {
    const item = this.menu?.template.find((one) => one.label === label)
    if (item?.click === undefined || item.enabled === false) throw new Error(`the tray offers no "${label}" to click`)
    // The desk's items take no arguments: an item that did would fail on these.
    Reflect.apply(item.click, undefined, [])
  }
}

StandInTray.prototype.setImage satisfies With<Tray['setImage'], StandInImage>
StandInTray.prototype.setContextMenu satisfies With<Tray['setContextMenu'], StandInMenu | null>
