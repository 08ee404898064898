import { existsSync } from 'node:fs'

const PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Path of Chromium or Chrome on this machine; undefined when there is none. */
export function findBrowser(): string | undefined {
  const configured = process.env.BATON_BROWSER
  if (configured !== undefined) return existsSync(configured) ? configured : undefined
  return PATHS.find((path) => existsSync(path))
}

/** Flags for a headless Chromium without background network access. */
export const BROWSER_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
