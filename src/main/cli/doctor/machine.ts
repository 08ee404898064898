import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { nativeCompiler } from '../../deploy/typecheck.ts'
import { nodeProblem } from '../../platform/node-version.ts'
import { packageRoot } from '../../platform/package-files.ts'
import { type Check, fail, fine, firstLineOf, warn } from './check.ts'

const REINSTALL = 'install the packages again: npm ci'
const RUN_LIMIT_MS = 15_000

/** Runtime and installed packages. */
export async function machineChecks(): Promise<Check[]> {
  return [node(), electron(), browser(), await compiler(), await bundler(), await database(), renderer()]
}

function node(): Check {
  const problem = nodeProblem(process.versions.node)
  return problem === null ? fine('Node', process.versions.node) : fail('Node', process.versions.node, problem)
}

/** Checks files only, because the package may download its program when it is imported. */
function electron(): Check {
  const folder = join(packageRoot(), 'node_modules/electron')
  const todo = 'npm start serves the window to a browser instead'
  if (!existsSync(join(folder, 'package.json'))) return warn('Electron', 'the package is not installed', todo)
  const name = join(folder, 'path.txt')
  const program = existsSync(name) ? join(folder, 'dist', readFileSync(name, 'utf8').trim()) : null
  if (program === null || !existsSync(program))
    return warn('Electron', 'the package is installed, its program is missing', todo)
  return fine('Electron', program)
}

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'msedge', 'firefox']
const BROWSER_PATHS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
]

function browser(): Check {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const onPath = BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name)))
  const found = [...onPath, ...BROWSER_PATHS].find((path) => existsSync(path))
  return found === undefined
    ? warn('browser', 'none found', 'open the address that the desk prints in a browser, also through a tunnel')
    : fine('browser', found)
}

async function compiler(): Promise<Check> {
  try {
    const program = nativeCompiler()
    return fine('TypeScript', (await output(program, ['--version'])).trim())
  } catch (error) {
    return fail('TypeScript', `the native compiler does not run: ${firstLineOf(error)}`, REINSTALL)
  }
}

function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { timeout: RUN_LIMIT_MS }, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(error)
    })
  })
}

async function bundler(): Promise<Check> {
  try {
    const { transform, version } = await import('esbuild')
    await transform('export const value: number = 1', { loader: 'ts' })
    return fine('esbuild', version)
  } catch (error) {
    return fail('esbuild', `it does not run: ${firstLineOf(error)}`, REINSTALL)
  }
}

async function database(): Promise<Check> {
  try {
    const { sqliteVersion } = await import('../../db/database.ts')
    return fine('better-sqlite3', `SQLite ${sqliteVersion()}`)
  } catch (error) {
    return fail('better-sqlite3', `it does not load: ${firstLineOf(error)}`, REINSTALL)
  }
}

function renderer(): Check {
  const index = join(packageRoot(), 'out/renderer/index.html')
  return existsSync(index)
    ? fine('window', index)
    : warn('window', 'it was not built', 'npm run build (npm start does it by itself)')
}
