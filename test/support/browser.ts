import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { BROWSER_FLAGS, findBrowser } from '../../scripts/browser.ts'
import { MOST_WAIT_MS, Patience } from './patience.ts'

/** The real Chromium of this machine; without one a test cannot say anything, so that is an error. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = findBrowser()
  if (executablePath === undefined) throw new Error('no Chromium or Chrome is here: name one in BATON_BROWSER')
  return chromium.launch({ executablePath, args: BROWSER_FLAGS, timeout: MOST_WAIT_MS })
}

/** A page of its own, which gives a busy machine time for everything. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage(options)
  page.setDefaultTimeout(MOST_WAIT_MS / 2)
  return page
}

/** Everything a page complained about: errors on its console, violations of its policy, exceptions nobody caught. */
export class Complaints {
  private readonly said: string[] = []

  /** @param expected what a page may say while its desk is away or does not know it */
  constructor(page: Page, expected: RegExp | null = null) {
    const note = (text: string): void => {
      if (expected === null || !expected.test(text)) this.said.push(text)
    }
    page.on('console', (message) => {
      if (message.type() === 'error') note(`${message.text()} (${message.location().url})`)
    })
    page.on('pageerror', (error) => note(`uncaught: ${error.message}`))
  }

  get all(): readonly string[] {
    return this.said
  }
}

/** Looks until there is something to see, for longer on a slow or busy machine; the error says what was waited for and what the last look found wrong. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 30_000,
): Promise<T> {
  const patience = new Patience(timeoutMs)
  let problem = ''
  for (;;) {
    try {
      const seen = await look()
      if (seen !== undefined) return seen
    } catch (error) {
      problem = `: ${error instanceof Error ? error.message : String(error)}`
    }
    if (patience.isOver) throw new Error(`${what} did not happen in ${timeoutMs / 1000} s${problem}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Waits until the text of a part of the page matches. */
export async function showsText(page: Page, testId: string, wanted: RegExp, timeoutMs = 30_000): Promise<string> {
  let last = '(nothing)'
  try {
    return await until(
      `${testId} showing ${wanted}`,
      async () => {
        last = (await page.getByTestId(testId).first().textContent({ timeout: 5_000 })) ?? ''
        return wanted.test(last) ? last : undefined
      },
      timeoutMs,
    )
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}; it shows: ${last}`)
  }
}
