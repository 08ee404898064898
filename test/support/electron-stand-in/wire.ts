/** Colour of an icon's middle ring, `#rrggbb`: what a person would tell a tray's states apart by. */
export interface TrayLook {
  readonly toolTip: string
  readonly colour: string
  readonly items: readonly { readonly label: string; readonly enabled: boolean; readonly accelerator: string }[]
}

/** What the desktop's process tells the test that plays the screen. */
export type FromDesktop =
  | {
      readonly t: 'load'
      readonly window: number
      readonly url: string
      readonly preload: string
      readonly width: number
      readonly height: number
    }
  | { readonly t: 'shown'; readonly window: number; readonly how: 'show' | 'focus' }
  | { readonly t: 'send'; readonly window: number; readonly channel: string; readonly args: readonly unknown[] }
  | { readonly t: 'answer'; readonly id: number; readonly ok: boolean; readonly value: unknown }
  | {
      readonly t: 'response'
      readonly id: number
      readonly status: number
      readonly headers: Record<string, string>
      readonly body: Uint8Array
    }
  | { readonly t: 'tray'; readonly look: TrayLook | null }
  | { readonly t: 'shortcuts'; readonly accelerators: readonly string[] }
  | { readonly t: 'error-box'; readonly title: string; readonly content: string }

/** What happens on the screen. */
export type ToDesktop =
  | { readonly t: 'request'; readonly id: number; readonly url: string; readonly method: string }
  | {
      readonly t: 'invoke'
      readonly id: number
      readonly window: number
      readonly channel: string
      readonly args: readonly unknown[]
      readonly url: string
      readonly top: boolean
    }
  | { readonly t: 'ready-to-show'; readonly window: number }
  | { readonly t: 'close'; readonly window: number }
  | { readonly t: 'navigate'; readonly window: number; readonly id: number; readonly url: string }
  | { readonly t: 'open'; readonly window: number; readonly id: number; readonly url: string }
  | { readonly t: 'menu'; readonly label: string }
  | { readonly t: 'tray-click' }
  | { readonly t: 'shortcut'; readonly accelerator: string }

/** Tells the test; without one there is no screen, which is an error. */
export function tell(message: FromDesktop): void {
  if (process.send === undefined) throw new Error('the stand-in needs the test that started it')
  unsent++
  process.send(message, () => {
    unsent--
    if (unsent === 0) for (const tell of whenSent.splice(0)) tell()
  })
}

type Handlers = { [T in ToDesktop['t']]: (message: Extract<ToDesktop, { t: T }>) => void }
const handlers: Partial<Handlers> = {}

/** Sets who deals with one kind of message. */
export function onScreen<T extends ToDesktop['t']>(kind: T, handler: Handlers[T]): void {
  Object.assign(handlers, { [kind]: handler })
}

/** Begins to listen; what is thrown by a handler ends the process, as it should. */
export function listen(): void {
  process.on('message', (message: ToDesktop) => {
    const handler = handlers[message.t] as ((message: ToDesktop) => void) | undefined
    if (handler === undefined) throw new Error(`the stand-in has nobody for ${message.t}`)
    handler(message)
  })
}

/** An object of Electron's of which only what the stand-in has may be used: anything else is an error, not undefined. */
export function strict<T extends object>(name: string, target: T): T {
  const bar = (key: string | symbol): void => {
    if (typeof key === 'symbol' || key in target || key === 'then' || key === 'toJSON') return
    throw new Error(`${name}.${key} is not in the stand-in for Electron`)
  }
  return new Proxy(target, {
    get(of, key, receiver) {
      bar(key)
      return Reflect.get(of, key, receiver)
    },
    set(of, key, value, receiver) {
      bar(key)
      return Reflect.set(of, key, value, receiver)
    },
  })
}

/** Refuses options that the stand-in would silently leave undone. */
export function onlyKnown(name: string, options: object, known: ReadonlySet<string>): void {
  for (const key of Object.keys(options)) {
    if (!known.has(key)) throw new Error(`${name}: the stand-in does not know the option ${key}`)
  }
}

let unsent = 0
const whenSent: (() => void)[] = []

/** Runs `tell` once everything said so far has left this process. */
export function afterAllIsSaid(tell: () => void): void {
  if (unsent === 0) tell()
  else whenSent.push(tell)
}
