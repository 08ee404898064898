import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { findBrowser } from './browser.ts'

/** `npm test`: sets up what the tests need, says what they will not cover here, and runs all of them. */
const root = resolve(import.meta.dirname, '..')
const say = (text: string) => process.stdout.write(`${text}\n`)

function fail(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

function run(program: string, args: readonly string[]): boolean {
  return spawnSync(program, [...args], { cwd: root, stdio: 'inherit' }).status === 0
}

/** On Debian as root the browser is installed; elsewhere its absence is an error that says what to do. */
function ensureBrowser(): void {
  if (findBrowser() !== undefined) return
  const debian = existsSync('/etc/debian_version')
  if (debian && process.getuid?.() === 0) {
    say('No browser is here: installing Debian’s chromium …')
    if (
      !run('apt-get', ['update', '-qq']) ||
      !run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'])
    ) {
      fail('chromium could not be installed; install it by hand and run the tests again')
    }
  }
  if (findBrowser() === undefined)
    fail('The end-to-end tests need Chromium or Chrome: install it, or name it in BATON_BROWSER')
}

ensureBrowser()
say(`Browser: ${findBrowser()}`)
if (!existsSync(join(root, 'node_modules/electron/path.txt'))) {
  say('Electron’s program is not here: its end-to-end tests run the built bundles against the stand-in only.')
}
if (process.env.BATON_TAPES === undefined) say('BATON_TAPES is not set: tests on recorded markets do not run.')
const filters = process.argv.slice(2)
if (!run(process.execPath, ['scripts/build.ts'])) fail('the build failed')
const passed = run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...filters])
const resultSchema = z.object({ numPassedTests: z.number(), numFailedTests: z.number(), numPendingTests: z.number() })
const results = resultSchema.safeParse(JSON.parse(readFileSync(join(root, 'test-results/vitest.json'), 'utf8')))
if (results.success) {
  const { numPassedTests, numFailedTests, numPendingTests } = results.data
  say(`Tests: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`)
}
process.exit(passed ? 0 : 1)
