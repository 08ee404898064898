import { createServer } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Complaints, launchBrowser, openPage, showsText, until } from '../support/browser.ts'
import { type DeskChild, DeskFacts, freePort, startHeadless, TestHome } from '../support/desk-process.ts'
import { checkDesk, checkOwners, SNIPE, waitForPosition } from './desk-steps.ts'
import { deskScenario } from './specs.ts'

const VIEWPORT = { width: 1440, height: 900 }

/** Console messages of a page without its desk, which are expected. */
const DISCONNECTED =
  /WebSocket connection to|Failed to load resource: (net::ERR_CONNECTION|the server responded with a status of 401)/

let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

describe('the desk in a browser', () => {
  let home: TestHome
  let facts: DeskFacts
  let child: DeskChild
  let address: string
  let page: Page
  let complaints: Complaints

  beforeAll(async () => {
    home = new TestHome(SNIPE)
    facts = new DeskFacts(home, await freePort())
    ;({ child, address } = await startHeadless(facts))
    page = await openPage(browser, { viewport: VIEWPORT })
    complaints = new Complaints(page)
    await page.goto(address)
  })

  afterAll(async () => {
    try {
      await page?.close()
      await child?.stop()
    } finally {
      child?.process.kill('SIGKILL')
      home?.remove()
    }
  })

  it('removes the token from the address and hides the cookie from scripts', async () => {
    expect(page.url()).toBe(`${facts.origin}/`)
    expect(await page.evaluate('document.cookie')).toBe('')
  })

  deskScenario(() => ({ page, facts }))

  it('shows the same state in a second window', async () => {
    const second = await openPage(browser, { viewport: VIEWPORT })
    try {
      await second.goto(address)
      await second.getByTestId('file-snipe.ts').click()
      // A save of an earlier test may be going live just now.
      await until('the same live version in both', async () => {
        const [here, there] = [
          await showsText(page, 'live-version', /snipe v\d+/),
          await showsText(second, 'live-version', /snipe v\d+/),
        ]
        return here === there ? true : undefined
      })
      await page.getByRole('button', { name: 'Pause', exact: true }).click()
      await showsText(second, 'trading-state', /Paused/)
      await second.getByRole('button', { name: 'Resume', exact: true }).click()
      await showsText(page, 'trading-state', /Running/)
    } finally {
      await second.close()
    }
  })

  it('answers a wrong token with 401 and instructions', async () => {
    const stranger = await browser.newContext()
    try {
      const wrong = await stranger.newPage()
      const answer = await wrong.goto(`${facts.origin}/?token=not-the-token`)
      expect(answer?.status()).toBe(401)
      expect(await wrong.locator('body').textContent()).toContain('open the address the desk printed')
      expect((await stranger.request.get(`${facts.origin}/api/status`)).status()).toBe(401)
    } finally {
      await stranger.close()
    }
  })

  it('P2: a browser is signed in at two desks on two ports, and signs out of one only', async () => {
    const other = new TestHome(SNIPE)
    const second = new DeskFacts(other, await freePort())
    const context = await browser.newContext({ viewport: VIEWPORT })
    const started = await startHeadless(second)
    try {
      const [first, secondPage] = [await context.newPage(), await context.newPage()]
      await first.goto(address)
      await secondPage.goto(started.address)
      for (const signedIn of [first, secondPage]) {
        await signedIn.reload()
        await showsText(signedIn, 'trading-state', /Running/)
      }
      const status = async (port: number) => (await context.request.get(`http://127.0.0.1:${port}/api/status`)).status()
      expect([await status(facts.port), await status(second.port)]).toEqual([200, 200])
      await secondPage.keyboard.press('ControlOrMeta+k')
      await secondPage.getByPlaceholder('Type a command, a slot, a file or a version').fill('sign this browser')
      for (let i = 0; i < 2; i++) await secondPage.keyboard.press('Enter')
      await showsText(secondPage, 'connection', /not signed in/)
      expect([await status(facts.port), await status(second.port)]).toEqual([200, 401])
    } finally {
      await context.close()
      await started.child.stop('SIGKILL')
      other.remove()
    }
  })

  it('S1: forbids frames and restricts scripts by headers', async () => {
    const answer = await page.goto(`${facts.origin}/`)
    const headers = answer?.headers() ?? {}
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
    await page.locator('[data-testid="editor"] .mtk1').first().waitFor()
    const worker = await until('the type-checking worker under this policy', async () =>
      page.workers().find((candidate) => candidate.url().includes('ts.worker')),
    )
    await worker.evaluate(() => true)
  })

  it('refuses a socket from another origin, although the cookie is sent', async () => {
    const other = createServer((_request, response) => response.end('<!doctype html><title>other</title>'))
    const port = await freePort()
    await new Promise<void>((done) => other.listen(port, '127.0.0.1', done))
    const tab = await openPage(browser)
    const connect = `new Promise((done) => {
      const socket = new WebSocket('ws://127.0.0.1:${facts.port}/ws')
      socket.onopen = () => done('open')
      socket.onerror = () => done('refused')
    })`
    try {
      await tab.goto(address)
      expect(await tab.evaluate(connect)).toBe('open')
      await tab.goto(`http://127.0.0.1:${port}/`)
      expect(await tab.evaluate(connect)).toBe('refused')
    } finally {
      await tab.close()
      await new Promise((done) => other.close(done))
    }
  })

  it('logged no error and no policy violation on the console', () => {
    expect(complaints.all).toEqual([])
  })
})

describe('a desk whose process is killed', () => {
  let home: TestHome
  let facts: DeskFacts
  let child: DeskChild
  let page: Page
  let complaints: Complaints

  beforeAll(async () => {
    home = new TestHome(SNIPE)
    facts = new DeskFacts(home, await freePort())
    const started = await startHeadless(facts)
    child = started.child
    page = await openPage(browser, { viewport: VIEWPORT })
    complaints = new Complaints(page, DISCONNECTED)
    await page.goto(started.address)
  })

  afterAll(async () => {
    try {
      await page?.close()
      await child?.stop()
    } finally {
      child?.process.kill('SIGKILL')
      home?.remove()
    }
  })

  async function restart(): Promise<string> {
    await child.stop('SIGKILL')
    const started = await startHeadless(facts)
    child = started.child
    return started.address
  }

  /** Waits until the editor is fully loaded, because its parts cannot be loaded after the desk is gone. */
  async function loadEditor(): Promise<void> {
    await page.locator('[data-testid="editor"] .mtk1').first().waitFor()
    const worker = await until('the type-checking worker', async () =>
      page.workers().find((candidate) => candidate.url().includes('ts.worker')),
    )
    // Resolves once its script has run.
    await worker.evaluate(() => true)
    await page.waitForLoadState('networkidle')
  }

  it('P2: is reported as lost by its window, which reconnects to the next desk', async () => {
    await showsText(page, 'trading-state', /Running/)
    await loadEditor()
    const before = await waitForPosition(facts, 25_000)
    await child.stop('SIGKILL')
    await showsText(page, 'connection', /connection to the desk is lost/)
    const started = await startHeadless(facts)
    child = started.child
    // The browser session survives a restart of the desk; the token does not.
    await page.getByTestId('connection').waitFor({ state: 'detached' })
    await showsText(page, 'trading-state', /Running/)
    await showsText(page, 'live-version', /snipe v1/)

    const after = facts.rows('SELECT id, slot, owned_by FROM positions WHERE id = ?', before.id)
    expect(after).toEqual([before])
    const slot = page.getByTestId(`slot-${before.slot}`)
    await until('its owner on the slot', async () =>
      (await slot.getAttribute('aria-label'))?.includes('owner snipe v1') === true ? true : undefined,
    )
    const { count } = (await facts.status()).cycle
    await until('cycles after the restart', async () => ((await facts.status()).cycle.count > count ? true : undefined))
    await checkDesk(facts)
  })

  it('stays killed after a restart, and its positions keep their owner', async () => {
    await loadEditor()
    const before = await waitForPosition(facts, 10_000)
    await facts.command('kill', { positions: 'hold', reason: 'the test' })
    const sent = facts.count('SELECT count(*) FROM orders')
    const address = await restart()
    await page.goto(address)
    await showsText(page, 'trading-state', /Killed/)
    await showsText(page, 'killed-band', /the test/i)
    expect(facts.rows('SELECT id, slot, owned_by FROM positions WHERE id = ?', before.id)).toEqual([before])
    expect(facts.count('SELECT count(*) FROM orders')).toBe(sent)
    expect(facts.count("SELECT count(*) FROM orders WHERE state = 'unknown'")).toBe(0)
    checkOwners(facts)
    expect(complaints.all).toEqual([])
  })
})
