import { createServer } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Complaints, launchBrowser, openPage, showsText, until } from '../support/browser.ts'
import { type DeskChild, DeskFacts, freePort, startHeadless, TestHome } from '../support/desk-process.ts'
import { checkOwners, checkTruth, heldPosition, SNIPE } from './hands.ts'
import { deskScenario } from './specs.ts'

const VIEWPORT = { width: 1440, height: 900 }

/** A page that is away from its desk says so on its console; that is not an error of ours. */
const AWAY =
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

  it('keeps the token out of the address and out of reach of scripts', async () => {
    expect(page.url()).toBe(`${facts.origin}/`)
    expect(await page.evaluate('document.cookie')).toBe('')
  })

  deskScenario(() => ({ page, facts }))

  it('shows a second window the same', async () => {
    const second = await openPage(browser, { viewport: VIEWPORT })
    try {
      await second.goto(address)
      await second.getByTestId('file-snipe.ts').click()
      // What the spec before saved may be going live just now: it does in both.
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

  it('answers a wrong token with 401 and what to do', async () => {
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

  it('P2: two desks on two ports are signed in beside each other, and one signs out without the other', async () => {
    const other = new TestHome(SNIPE)
    const second = new DeskFacts(other, await freePort())
    const context = await browser.newContext({ viewport: VIEWPORT })
    const started = await startHeadless(second)
    try {
      const [first, beside] = [await context.newPage(), await context.newPage()]
      await first.goto(address)
      await beside.goto(started.address)
      for (const one of [first, beside]) {
        await one.reload()
        await showsText(one, 'trading-state', /Running/)
      }
      const status = async (port: number) => (await context.request.get(`http://127.0.0.1:${port}/api/status`)).status()
      expect([await status(facts.port), await status(second.port)]).toEqual([200, 200])
      await beside.keyboard.press('ControlOrMeta+k')
      await beside.getByPlaceholder('Type a command, a slot, a file or a version').fill('sign this browser')
      for (let i = 0; i < 2; i++) await beside.keyboard.press('Enter')
      await showsText(beside, 'connection', /not signed in/)
      expect([await status(facts.port), await status(second.port)]).toEqual([200, 401])
    } finally {
      await context.close()
      await started.child.stop('SIGKILL')
      other.remove()
    }
  })

  it('S1: may not be shown in a frame, and says what its scripts may do', async () => {
    const answer = await page.goto(`${facts.origin}/`)
    const headers = answer?.headers() ?? {}
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['x-content-type-options']).toBe('nosniff')
    await page.locator('[data-testid="editor"] .mtk1').first().waitFor()
    const worker = await until('the thread that checks types, under this policy', async () =>
      page.workers().find((one) => one.url().includes('ts.worker')),
    )
    await worker.evaluate(() => true)
  })

  it('refuses a socket from another origin, though the cookie comes along', async () => {
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

  it('said nothing on its console: no error, no violation of its policy', () => {
    expect(complaints.all).toEqual([])
  })
})

describe('a desk that is killed by the system', () => {
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
    complaints = new Complaints(page, AWAY)
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

  async function crash(): Promise<string> {
    await child.stop('SIGKILL')
    const started = await startHeadless(facts)
    child = started.child
    return started.address
  }

  /** A browser fetches the editor's parts as it needs them; from a desk that is gone it cannot. */
  async function editorIsThere(): Promise<void> {
    await page.locator('[data-testid="editor"] .mtk1').first().waitFor()
    const worker = await until('the thread that checks types', async () =>
      page.workers().find((one) => one.url().includes('ts.worker')),
    )
    // It answers once its script has come and run.
    await worker.evaluate(() => true)
    await page.waitForLoadState('networkidle')
  }

  it('P2: is missed by its window, which goes on by itself when a new desk answers', async () => {
    await showsText(page, 'trading-state', /Running/)
    await editorIsThere()
    const before = await heldPosition(facts, 25_000)
    await child.stop('SIGKILL')
    await showsText(page, 'connection', /lost the desk/)
    const started = await startHeadless(facts)
    child = started.child
    // The browser's session outlives the desk; its old token does not.
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
    await checkTruth(facts)
  })

  it('stays killed over a restart, and its positions stay with their owner', async () => {
    await editorIsThere()
    const before = await heldPosition(facts, 10_000)
    await facts.command('kill', { positions: 'hold', reason: 'the test' })
    const sent = facts.count('SELECT count(*) FROM orders')
    const address = await crash()
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
