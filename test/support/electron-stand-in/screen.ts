import { readFileSync } from 'node:fs'
import type { Browser, Page, Route } from 'playwright-core'
import { Complaints, until } from '../browser.ts'
import type { DeskChild } from '../desk-process.ts'
import { MOST_WAIT_MS } from '../patience.ts'
import { preloadScript } from './preload.ts'
import type { FromDesktop, ToDesktop, TrayLook } from './wire.ts'

type Load = Extract<FromDesktop, { t: 'load' }>
type Answer = Extract<FromDesktop, { t: 'answer' | 'response' }>

type Batch = readonly { channel: string; args: readonly unknown[] }[]

/** Runs in the page: hands messages to the preload's listeners. */
function receive(batch: Batch): void {
  const page = globalThis as { __standInReceive?: (batch: Batch) => void }
  page.__standInReceive?.(batch)
}

/** Chromium knows no scheme of the app's without Electron: app://desk/x is fetched as https://desk.app.test/x. */
const DOMAIN = '.test'

function toPage(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `https://${host}.${protocol.slice(0, -1)}${DOMAIN}${pathname}`
}

function toApp(url: string): string {
  const { host, pathname, search } = new URL(url)
  const [name, scheme] = host.split('.')
  return host.endsWith(DOMAIN) ? `${scheme}://${name}${pathname}${search}` : url
}

/** What is answered in the name of a desktop that has ended. */
const GONE = { ok: false, value: 'the desktop has gone' } as const

/** One window on the screen. */
export interface Shown {
  readonly id: number
  readonly page: Page
  readonly complaints: Complaints
  /** How often it was brought to the front. */
  focused: number
  visible: boolean
}

/** The screen of a desktop that runs with the stand-in: its windows as pages, its tray and its shortcuts. */
export class Screen {
  tray: TrayLook | null = null
  shortcuts: readonly string[] = []
  readonly errors: string[] = []
  window: Shown | undefined
  private readonly browser: Browser
  private readonly child: DeskChild
  private readonly waiting = new Map<number, (answer: Answer) => void>()
  private readonly queued: { channel: string; args: readonly unknown[] }[] = []
  private sending: Promise<void> | undefined
  private lastId = 0
  private readonly failures: unknown[] = []

  constructor(browser: Browser, child: DeskChild) {
    this.browser = browser
    this.child = child
    child.process.on('message', (message: FromDesktop) => this.receive(message))
    void child.exited.then(() => this.end())
  }

  /** The window, once it is up and shown; what went wrong on the way is thrown here. */
  async shown(): Promise<Shown> {
    return until('a window on the screen', () => {
      if (this.failures.length > 0) throw this.failures[0]
      return this.window?.visible === true ? this.window : undefined
    })
  }

  choose(label: string): void {
    this.tell({ t: 'menu', label })
  }

  clickTray(): void {
    this.tell({ t: 'tray-click' })
  }

  press(accelerator: string): void {
    this.tell({ t: 'shortcut', accelerator })
  }

  /** Closes the window as its own button does. */
  async close(): Promise<void> {
    const { window } = this
    if (window === undefined) throw new Error('there is no window to close')
    this.window = undefined
    await window.page.context().close()
    this.tell({ t: 'close', window: window.id })
  }

  /** Whether the desk lets its page go there. */
  async mayNavigate(url: string): Promise<boolean> {
    const answer = await this.ask((id) => ({ t: 'navigate', window: this.window?.id ?? 0, id, url }))
    return 'value' in answer && answer.value === false
  }

  /** What the desk answers a page that asks for another window. */
  async onOpen(url: string): Promise<unknown> {
    const answer = await this.ask((id) => ({ t: 'open', window: this.window?.id ?? 0, id, url }))
    return 'value' in answer ? answer.value : undefined
  }

  /** A call as a page at `url` would make it. */
  async invoke(channel: string, args: readonly unknown[], url: string, top: boolean): Promise<unknown> {
    const window = this.window?.id ?? 0
    const answer = await this.ask((id) => ({ t: 'invoke', id, window, channel, args: structuredClone(args), url, top }))
    return 'value' in answer ? { ok: answer.ok, value: structuredClone(answer.value) } : undefined
  }

  /** Windows go with their app. */
  private async end(): Promise<void> {
    for (const [id, answer] of this.waiting) answer({ t: 'answer', ...GONE, id })
    this.waiting.clear()
    await this.window?.page.context().close()
  }

  private tell(message: ToDesktop): void {
    if (this.child.process.connected) this.child.process.send(message)
  }

  private ask(message: (id: number) => ToDesktop): Promise<Answer> {
    this.lastId += 1
    const id = this.lastId
    if (!this.child.process.connected) return Promise.resolve({ t: 'answer', ...GONE, id })
    return new Promise((resolve) => {
      this.waiting.set(id, resolve)
      this.tell(message(id))
    })
  }

  private receive(message: FromDesktop): void {
    switch (message.t) {
      case 'load':
        this.open(message).catch((error: unknown) => this.failures.push(error))
        break
      case 'shown':
        if (this.window?.id !== message.window) break
        this.window.visible = true
        if (message.how === 'focus') this.window.focused += 1
        break
      case 'send':
        if (this.window?.id === message.window) this.push(message.channel, message.args)
        break
      case 'tray':
        this.tray = message.look
        break
      case 'shortcuts':
        this.shortcuts = message.accelerators
        break
      case 'error-box':
        this.errors.push(`${message.title}: ${message.content}`)
        break
      default:
        this.waiting.get(message.id)?.(message)
        this.waiting.delete(message.id)
    }
  }

  private async open(load: Load): Promise<void> {
    const { width, height } = load
    const context = await this.browser.newContext({ viewport: { width, height } })
    const page = await context.newPage()
    page.setDefaultTimeout(MOST_WAIT_MS / 2)
    const window: Shown = { id: load.window, page, complaints: new Complaints(page), focused: 0, visible: false }
    this.window = window
    await context.route('**/*', (route) => this.serve(route))
    await page.exposeBinding('__standInInvoke', (source, channel: string, args: unknown[]) =>
      this.invoke(channel, args, toApp(source.frame.url()), source.frame === page.mainFrame()),
    )
    await page.addInitScript(preloadScript(readFileSync(load.preload, 'utf8')))
    await page.goto(toPage(load.url))
    this.tell({ t: 'ready-to-show', window: load.window })
  }

  /** Every request of the page goes to the desk's own handler of its scheme; any other is refused. */
  private async serve(route: Route): Promise<void> {
    const request = route.request()
    const url = toApp(request.url())
    if (url === request.url()) return route.abort('blockedbyclient')
    const answer = await this.ask((id) => ({ t: 'request', id, url, method: request.method() }))
    if (!('body' in answer)) return route.abort().catch(() => {})
    const { status, headers, body } = answer
    // The window may have been closed meanwhile.
    await route.fulfill({ status, headers, body: Buffer.from(body) }).catch(() => {})
  }

  /** Pushes go to the page in order, those that came meanwhile together. */
  private push(channel: string, args: readonly unknown[]): void {
    this.queued.push({ channel, args })
    this.sending ??= this.drain().finally(() => {
      this.sending = undefined
    })
  }

  private async drain(): Promise<void> {
    while (this.queued.length > 0 && this.window !== undefined) {
      const batch = this.queued.splice(0)
      // A page that is being closed or not there yet hears nothing, as in Electron.
      await this.window.page.evaluate(receive, batch).catch(() => {})
    }
  }
}
