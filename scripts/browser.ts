import { existsSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Program of a Chromium on this machine; undefined when there is none. */
export function findBrowser(): string | undefined {
  const named = process.env.BATON_BROWSER
  if (named !== undefined) return existsSync(named) ? named : undefined
  return PLACES.find((place) => existsSync(place))
}

/** Flags for a headless Chromium that speaks to this machine alone. */
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
