import { Menu, nativeImage, Tray } from 'electron'
import { marketLabel } from '../../shared/domain/market.ts'
import type { DeskPort } from '../api/desk-port.ts'

export interface TrayActions {
  readonly open: () => void
  readonly quit: () => void
}

/** State that the icon shows. */
type IconState = 'running' | 'outage' | 'paused' | 'killed'

const COLOURS: Readonly<Record<IconState, readonly [number, number, number]>> = {
  running: [0x3f, 0xb6, 0x8b],
  outage: [0xe5, 0x64, 0x5e],
  paused: [0xe0, 0xa3, 0x3e],
  killed: [0xd6, 0x40, 0x3a],
}
const SIZE = 32

/** A circle: cut horizontally in an outage, vertically when paused, a ring when killed. The shape does not rely on colour. */
function icon(state: IconState) {
  const [r, g, b] = COLOURS[state]
  const pixels = Buffer.alloc(SIZE * SIZE * 4)
  const centre = (SIZE - 1) / 2
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const distance = Math.hypot(x - centre, y - centre)
      const isHole = state === 'killed' && distance < 8
      const isPauseBar = state === 'paused' && Math.abs(x - centre) < 3
      const isOutageGap = state === 'outage' && Math.abs(y - centre) < 3
      if (distance > 13 || isHole || isPauseBar || isOutageGap) continue
      pixels.set([b, g, r, 255], (y * SIZE + x) * 4)
    }
  }
  return nativeImage.createFromBitmap(pixels, { width: SIZE, height: SIZE })
}

/** The tray icon: shows the state, and offers pause, freeze and kill without the window. */
export class DeskTray {
  private readonly tray: Tray
  private readonly desk: DeskPort
  private readonly actions: TrayActions
  private shown = ''

  constructor(desk: DeskPort, actions: TrayActions) {
    this.desk = desk
    this.actions = actions
    this.tray = new Tray(icon('running'))
    this.tray.on('click', actions.open)
    this.refresh()
  }

  /** Redraws when the state has changed. */
  refresh(): void {
    // The last changes of a stopping desk arrive after the tray was destroyed.
    if (this.tray.isDestroyed()) return
    const status = this.desk.status()
    const affected = status.outages.reduce((count, { slots }) => count + slots.length, 0)
    const outage = affected === 0 ? '' : ` · ${affected} ${affected === 1 ? 'slot' : 'slots'} cannot decide`
    const state = `${marketLabel(status).toUpperCase()} · ${status.trading}${outage} · deployments ${status.deploys}`
    if (state === this.shown) return
    this.shown = state
    this.tray.setImage(icon(affected > 0 && status.trading === 'running' ? 'outage' : status.trading))
    this.tray.setToolTip(`Baton · ${state}`)
    const send = (command: object) => () => {
      void this.desk.dispatch(command, 'tray').then(() => this.refresh())
    }
    const paused = status.trading === 'paused'
    const frozen = status.deploys === 'frozen'
    this.tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: state, enabled: false },
        { type: 'separator' },
        { label: 'Open the desk', click: this.actions.open },
        paused
          ? { label: 'Resume entries', click: send({ kind: 'resume' }) }
          : {
              label: 'Pause entries',
              enabled: status.trading === 'running',
              click: send({ kind: 'pause', reason: 'paused from the tray' }),
            },
        frozen
          ? { label: 'Unfreeze deployments', click: send({ kind: 'unfreeze', reason: 'unfrozen from the tray' }) }
          : { label: 'Freeze deployments', click: send({ kind: 'freeze', reason: 'frozen from the tray' }) },
        { type: 'separator' },
        {
          label: 'Kill',
          accelerator: 'Shift+Escape',
          click: send({ kind: 'kill', positions: 'hold', reason: 'killed from the tray' }),
        },
        { type: 'separator' },
        { label: 'Quit Baton', click: this.actions.quit },
      ]),
    )
  }

  destroy(): void {
    this.tray.destroy()
  }
}
