import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { BROWSER_FLAGS, findBrowser } from './browser.ts'

/** `npm run screenshots`: takes screenshots of a simulated desk that trades, into `docs/`. */
const root = resolve(import.meta.dirname, '..')
const docs = join(root, 'docs')
/** Virtual seconds per real second: the edits below are 15 minutes of market time apart. */
const SPEED = '60'
const ADDRESS = /The desk is at (http:\S+)/

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise<void>((done) => server.close(() => done()))
  if (typeof address !== 'object' || address === null) throw new Error('no port is free')
  return address.port
}

/** Resolves with the address that the desk prints. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let text = ''
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      const found = ADDRESS.exec(text)?.[1]
      if (found !== undefined) done(found)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => fail(new Error(`the desk ended with ${code}: ${text}`)))
  })
}

/** Replaces text in the open editor by typing. */
async function replaceText(page: Page, find: string, text: string): Promise<void> {
  await page.getByTestId('file-snipe.ts').click()
  await page.locator('[data-testid="editor"] .monaco-editor .view-lines').first().click()
  await page.keyboard.press('ControlOrMeta+Home')
  await page.keyboard.press('ControlOrMeta+f')
  await page.locator('.find-widget.visible textarea').first().fill(find)
  await page.locator('.find-widget .matchesCount', { hasText: 'of 1' }).waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.keyboard.type(text, { delay: 5 })
  await page.keyboard.press('Escape')
  await page.getByTestId('file-state').filter({ hasText: 'not saved' }).waitFor()
}

async function screenshot(page: Page, name: string): Promise<void> {
  await page.mouse.move(720, 2)
  await page.screenshot({ path: join(docs, name) })
  process.stdout.write(`docs/${name}\n`)
}

/** Waits until the minute of the desk's clock, less `offset`, is a multiple of `minutes` again. */
async function waitForMarketTime(page: Page, minutes: number, offset = 0): Promise<void> {
  const isReached = (text: string) => (Number(text.slice(3, 5)) - offset + 60) % minutes === 0
  const clock = page.getByTestId('utc-clock')
  const before = (await clock.textContent()) ?? ''
  let wasPassed = !isReached(before)
  for (;;) {
    const now = (await clock.textContent()) ?? ''
    if (!isReached(now)) wasPassed = true
    if (wasPassed && isReached(now)) return
    await page.waitForTimeout(50)
  }
}

async function takePictures(browser: Browser, address: string, strategies: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 })
  await page.goto(address)
  await page.getByTestId('live-version').filter({ hasText: 'snipe v1' }).waitFor()
  const file = join(strategies, 'snipe.ts')
  const edits = [
    ['minEdge: 0.02', 'minEdge: 0.015'],
    ['fromSec: 75', 'fromSec: 90'],
    ['maxPrice: 0.95', 'maxPrice: 0.93'],
  ] as const
  for (const [index, [find, text]] of edits.entries()) {
    await waitForMarketTime(page, 15, 4)
    writeFileSync(file, readFileSync(file, 'utf8').replace(find, text))
    await page
      .getByTestId('live-version')
      .filter({ hasText: `snipe v${index + 2}` })
      .waitFor()
  }
  await waitForMarketTime(page, 15, 4)
  await page.locator('.slot .chip').nth(2).waitFor()
  await screenshot(page, 'desk.png')
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.reload()
  await page.locator('[data-testid="editor"] .mtk1').first().waitFor()
  await page.locator('.slot .chip').first().waitFor()
  await screenshot(page, 'desk-1280.png')
  await page.setViewportSize({ width: 1440, height: 900 })
  // Waits until the tape has an hour of settled windows.
  await waitForMarketTime(page, 15, 10)
  await waitForMarketTime(page, 15, 10)
  writeFileSync(file, readFileSync(file, 'utf8').replace('minEdge: 0.015', 'minEdge: 0.03'))
  await page.getByTestId('live-version').filter({ hasText: 'snipe v5' }).waitFor()
  await page.getByRole('button', { name: /differ/ }).click()
  await page.getByTestId('proof').getByText('Break-even').waitFor()
  await screenshot(page, 'proof.png')
  await page.getByRole('tab', { name: 'Replay' }).click()
  await page.getByTestId('replay-form').getByRole('button', { name: 'Run' }).click()
  await page.getByTestId('replay-state').filter({ hasText: 'done' }).waitFor()
  await page.locator('[data-testid="chart"] canvas').first().waitFor()
  await page.waitForTimeout(1_000)
  await screenshot(page, 'replay.png')
  await page.keyboard.press('Escape')
  await page.getByRole('tab', { name: 'Attribution' }).click()
  await page.getByTestId('attribution').getByText('snipe v4').click()
  await page.getByTestId('against').selectOption({ index: 1 })
  await page.getByTestId('comparison').waitFor()
  await screenshot(page, 'attribution.png')
  await page.getByRole('tab', { name: 'Editor' }).click()
  await replaceText(page, 'secondsLeft > params.fromSec', 'secondsLeft > params.fromSecs')
  await page.keyboard.press('ControlOrMeta+s')
  await page.getByTestId('problems').waitFor()
  await page.locator('[data-testid="editor"] .squiggly-error').first().waitFor()
  await screenshot(page, 'editor-error.png')
  await page.locator('.slot .chip').first().waitFor()
  await page.keyboard.press('Shift+Escape')
  await page.getByTestId('killed-band').waitFor()
  await page.getByRole('tab', { name: 'Positions' }).click()
  await screenshot(page, 'killed.png')
}

const executablePath = findBrowser()
if (executablePath === undefined) {
  process.stderr.write('Screenshots need Chromium or Chrome: install one, or set BATON_BROWSER to its path\n')
  process.exit(1)
}
mkdirSync(docs, { recursive: true })
const base = mkdtempSync(join(tmpdir(), 'baton-screenshots-'))
const strategies = join(base, 'strategies')
cpSync(join(root, 'strategies'), strategies, { recursive: true })
const options = ['--home', join(base, 'home'), '--strategies', strategies, '--port', String(await freePort())]
const desk = ['src/main/cli.ts', 'desk', '--speed', SPEED, '--seed', '7', ...options]
const child = spawn(process.execPath, desk, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
const ended = new Promise<void>((done) => child.once('exit', () => done()))
const browser = await chromium.launch({ executablePath, args: BROWSER_FLAGS })
try {
  await takePictures(browser, await addressOf(child), strategies)
} finally {
  await browser.close()
  child.kill('SIGTERM')
  await ended
  rmSync(base, { recursive: true, force: true })
}
