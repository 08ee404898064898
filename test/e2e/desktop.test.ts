import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { _electron, type Browser, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, showsText, until } from '../support/browser.ts'
import {
  type DeskChild,
  DeskFacts,
  freePort,
  root,
  startDesktop,
  startHeadless,
  TestHome,
} from '../support/desk-process.ts'
import { Screen, type Shown } from '../support/electron-stand-in/screen.ts'
import { MOST_WAIT_MS } from '../support/patience.ts'
import { checkDesk, rearm, SNIPE } from './desk-steps.ts'
import { deskScenario } from './specs.ts'

let browser: Browser

beforeAll(async () => {
  if (!existsSync(join(root, 'out/main/desktop.js'))) throw new Error('the desktop is not built: npm run build')
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

describe('the built desktop, with the stand-in for Electron', () => {
  let home: TestHome
  let facts: DeskFacts
  let child: DeskChild
  let screen: Screen
  let shown: Shown

  beforeAll(async () => {
    home = new TestHome(SNIPE)
    facts = new DeskFacts(home, await freePort())
    child = startDesktop(facts)
    screen = new Screen(browser, child)
    try {
      shown = await screen.shown()
    } catch (error) {
      throw new Error(
        `${error instanceof Error ? error.message : String(error)}; output of the desktop: ${child.output}`,
      )
    }
  })

  afterAll(async () => {
    try {
      await child?.stop('SIGKILL')
      await shown?.page.context().close()
    } finally {
      home?.remove()
    }
  })

  const waitForTray = (part: RegExp) =>
    until(`a tray that shows ${part}`, () => {
      const found = screen.tray
      // The tool tip is updated before the menu, whose first line has the same text.
      const heading = found?.items[0]?.label ?? ''
      return found !== null && part.test(found.toolTip) && part.test(heading) ? found : undefined
    })
  const enabledItems = () => (screen.tray?.items ?? []).filter((item) => item.enabled).map((item) => item.label)

  it('shows its page without a token, and blocks navigation and foreign calls', async () => {
    expect(shown.page.viewportSize()).toEqual({ width: 1440, height: 900 })
    expect(await shown.page.evaluate('Object.keys(window.baton).sort().join()')).toBe('call,onPush')
    expect(await shown.page.evaluate('typeof require + typeof process')).toBe('undefinedundefined')
    expect(await screen.mayNavigate('https://example.com/')).toBe(false)
    expect(await screen.onOpen('https://example.com/')).toBe('deny')
    const call = [{ name: 'desk.snapshot', input: {} }]
    const refused = { ok: true, value: { ok: false, error: 'not the window of this desk' } }
    expect(await screen.invoke('desk:call', call, 'app://desk/', true)).toMatchObject({ value: { ok: true } })
    expect(await screen.invoke('desk:call', call, 'https://example.com/', true)).toEqual(refused)
    expect(await screen.invoke('desk:call', call, 'app://desk.example.com/', true)).toEqual(refused)
    expect(await screen.invoke('desk:call', call, 'app://desk/', false)).toEqual(refused)
  })

  deskScenario(() => ({ page: shown.page, facts }))

  it('shows its state in the tray, which can pause and freeze', async () => {
    const { page } = shown
    expect((await waitForTray(/SIMULATED · running · deployments open/)).colour).toBe('#3fb68b')
    screen.choose('Pause entries')
    await showsText(page, 'trading-state', /Paused/)
    expect((await waitForTray(/paused/)).colour).toBe('#e0a33e')
    screen.choose('Resume entries')
    await showsText(page, 'trading-state', /Running/)
    await waitForTray(/running/)
    screen.choose('Freeze deployments')
    await showsText(page, 'deploys-state', /frozen/)
    await waitForTray(/deployments frozen/)
    screen.choose('Unfreeze deployments')
    await showsText(page, 'deploys-state', /open/)
    await waitForTray(/deployments open/)
  })

  it('updates the tray after commands in the window', async () => {
    const { page } = shown
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await waitForTray(/paused/)
    expect(enabledItems()).toContain('Resume entries')
    await page.getByRole('button', { name: 'Resume', exact: true }).click()
    await waitForTray(/running/)
    expect(enabledItems()).toContain('Pause entries')
  })

  it('kills from the tray and by the global shortcut', async () => {
    const { page } = shown
    expect(screen.shortcuts).toEqual(['Shift+Escape'])
    for (const kill of [() => screen.choose('Kill'), () => screen.press('Shift+Escape')]) {
      kill()
      await showsText(page, 'trading-state', /Killed/)
      await page.getByTestId('killed-band').waitFor()
      expect((await waitForTray(/killed/)).colour).toBe('#d6403a')
      expect(enabledItems()).not.toContain('Pause entries')
      await rearm(page)
      await waitForTray(/running/)
    }
    expect(facts.rows("SELECT source FROM commands WHERE kind = 'kill' ORDER BY rowid DESC LIMIT 2")).toEqual([
      { source: 'tray' },
      { source: 'tray' },
    ])
  })

  it('keeps trading when its window is closed, and opens it again from the tray', async () => {
    expect(shown.complaints.all).toEqual([])
    await screen.close()
    const { count } = (await facts.status()).cycle
    await until('cycles without a window', async () => ((await facts.status()).cycle.count > count ? true : undefined))
    screen.choose('Open the desk')
    shown = await screen.shown()
    await showsText(shown.page, 'trading-state', /Running/)
    await showsText(shown.page, 'live-version', /snipe v\d+/)
    screen.clickTray()
    await until('the window in front', () => (shown.focused > 0 ? true : undefined))
    expect(shown.complaints.all).toEqual([])
    await checkDesk(facts)
  })

  it('writes everything to disk when it quits, and releases the home folder', async () => {
    const before = facts.count('SELECT coalesce(max(seq), 0) FROM bot_state')
    screen.choose('Quit Baton')
    expect(await child.exited).toBe(0)
    // The last messages of the process may arrive after its exit.
    await until('a screen without tray and shortcuts', () =>
      screen.tray === null && screen.shortcuts.length === 0 ? true : undefined,
    )
    expect(screen.errors).toEqual([])
    expect(facts.count('SELECT coalesce(max(seq), 0) FROM bot_state')).toBeGreaterThan(before)
    expect(JSON.parse(readFileSync(join(home.folder, 'simulated', 'status.json'), 'utf8'))).toMatchObject({
      trading: 'running',
    })
    const next = await startHeadless(facts)
    expect(await next.child.stop()).toBe(0)
  })
})

const pathFile = join(root, 'node_modules/electron/path.txt')
const electron = existsSync(pathFile)
  ? join(root, 'node_modules/electron/dist', readFileSync(pathFile, 'utf8').trim())
  : undefined
if (electron === undefined) {
  process.stdout.write('Electron is not downloaded: the desktop was tested with the stand-in only.\n')
}

describe.skipIf(electron === undefined)('the built desktop under Electron', () => {
  let home: TestHome
  let facts: DeskFacts
  let program: ElectronApplication
  let page: Page

  beforeAll(async () => {
    home = new TestHome(SNIPE)
    facts = new DeskFacts(home, await freePort())
    const flags = ['--home', home.folder, '--strategies', home.strategies, '--port', String(facts.port)]
    const args = ['--no-sandbox', join(root, 'out/main/desktop.js'), ...flags]
    program = await _electron.launch({ executablePath: electron ?? '', args, timeout: MOST_WAIT_MS })
    page = await program.firstWindow({ timeout: MOST_WAIT_MS })
  })

  afterAll(async () => {
    try {
      await program?.close()
    } finally {
      home?.remove()
    }
  })

  deskScenario(() => ({ page, facts }))
})
