import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { z } from 'zod'
import { findBrowser } from './browser.ts'

/**
 * `npm test`: installs what the tests need, prints what they cannot cover on this machine, and runs all of them, or
 * those named as arguments. `npm run test:full` (`--full`) runs the long forms of the tests that have one.
 */
const root = resolve(import.meta.dirname, '..')
const REPORT = join(root, 'test-results/vitest.json')
/** The part of the report that is used. */
const resultSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), duration: z.number().nullish() })),
    }),
  ),
})
const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): boolean {
  return spawnSync(program, [...args], { cwd: root, stdio: 'inherit', env }).status === 0
}

/** Installs a browser on Debian as root; elsewhere a missing browser is an error. */
function ensureBrowser(): void {
  if (findBrowser() !== undefined) return
  const debian = existsSync('/etc/debian_version')
  if (debian && process.getuid?.() === 0) {
    print('No browser found: installing Debian’s chromium …')
    if (
      !run('apt-get', ['update', '-qq']) ||
      !run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'])
    ) {
      fail('chromium could not be installed; install it by hand and run the tests again')
    }
  }
  if (findBrowser() === undefined)
    fail('The end-to-end tests need Chromium or Chrome: install one, or set BATON_BROWSER to its path')
}

/**
 * Installs the venues' own clients, which judge the venue simulator, from the lock file of their own package. They are
 * 220 MB that only the tests need.
 */
function ensureClients(): void {
  const folder = join(root, 'test/clients')
  const installed = join(folder, 'node_modules/.package-lock.json')
  const lockTime = statSync(join(folder, 'package-lock.json')).mtimeMs
  if (existsSync(installed) && statSync(installed).mtimeMs >= lockTime) return
  print('Installing the venues’ official clients (test/clients) …')
  const npm = process.env.npm_execpath
  const [program, ...prefix] = npm === undefined ? ['npm'] : [process.execPath, npm]
  const args = [...prefix, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder]
  if (!run(program ?? 'npm', args)) {
    fail(
      'The official clients of the venues could not be installed: run `npm ci --ignore-scripts --prefix test/clients`',
    )
  }
}

ensureBrowser()
ensureClients()
print(`Browser: ${findBrowser()}`)
if (!existsSync(join(root, 'node_modules/electron/path.txt'))) {
  print('Electron is not downloaded: its end-to-end tests run against the stand-in only.')
}
if (process.env.BATON_TAPES === undefined) print('BATON_TAPES is not set: tests on recorded markets are skipped.')
const args = process.argv.slice(2)
const isFull = args.includes('--full')
const chosen = args.filter((arg) => arg !== '--full')
if (!run(process.execPath, ['scripts/build.ts'])) fail('the build failed')
const began = performance.now()
rmSync(REPORT, { force: true })
const env = isFull ? { ...process.env, BATON_FULL: '1' } : process.env
const filters = isFull && chosen.length === 0 ? longTests() : chosen
if (isFull) print(`Long forms of ${filters.join(', ')}`)
const passed = run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...filters], env)
printResults((performance.now() - began) / 1000)
process.exit(passed ? 0 : 1)

/** Test files with a long form: those that import `test/support/long-form.ts`. */
function longTests(): string[] {
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
    .map((name) => join('test', name))
    .filter((path) => /\/support\/long-form\.ts/.test(readFileSync(join(root, path), 'utf8')))
    .toSorted()
}

/** Prints the number of tests, their duration and the slowest ones. */
function printResults(seconds: number): void {
  const results = resultSchema.safeParse(existsSync(REPORT) ? JSON.parse(readFileSync(REPORT, 'utf8')) : null)
  if (!results.success) return print('The tests wrote no readable report.')
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = results.data
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, duration }) => ({
      ms: duration ?? 0,
      name: `${relative(root, name)}: ${fullName}`,
    })),
  )
  print('The ten slowest tests, in seconds:')
  for (const { ms, name } of tests.toSorted((a, b) => b.ms - a.ms).slice(0, 10)) {
    print(`${(ms / 1000).toFixed(1).padStart(7)}  ${name}`)
  }
  print(`They took ${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s.`)
  print(`Tests: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`)
}
