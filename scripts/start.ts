import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isBuildCurrent } from './build-stamp.ts'

/**
 * `npm start`: builds if the build is outdated, then opens the desktop window if Electron and a display are available,
 * else serves the window to a browser and prints why.
 */
const root = resolve(import.meta.dirname, '..')
const args = process.argv.slice(2)

function build(): void {
  process.stdout.write('Building …\n')
  const result: SpawnSyncReturns<string> = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], {
    cwd: root,
    stdio: 'inherit',
    encoding: 'utf8',
  })
  if (result.status !== 0) process.exit(1)
}

/** Path of Electron's program, which is downloaded on the first start; or why it cannot be used. */
function electronProgram(): { path: string } | { why: string } {
  if (args.includes('--browser')) return { why: '--browser was given' }
  const display =
    process.platform !== 'linux' || process.env.DISPLAY !== undefined || process.env.WAYLAND_DISPLAY !== undefined
  if (!display) return { why: 'There is no display for a window' }
  const folder = join(root, 'node_modules/electron')
  const pathFile = join(folder, 'path.txt')
  if (!existsSync(join(folder, 'install.js'))) return { why: 'Electron is not installed' }
  if (!existsSync(pathFile)) {
    process.stdout.write('Downloading Electron (first start only) …\n')
    spawnSync(process.execPath, [join(folder, 'install.js')], { cwd: root, stdio: 'ignore', timeout: 180_000 })
  }
  if (!existsSync(pathFile)) return { why: 'Electron could not be downloaded' }
  const path = join(folder, 'dist', readFileSync(pathFile, 'utf8').trim())
  return existsSync(path) ? { path } : { why: 'The Electron program is missing from its package' }
}

if (!isBuildCurrent(root)) build()
const electron = electronProgram()
const deskArgs = args.filter((arg) => arg !== '--browser')
const [program, programArgs] =
  'path' in electron
    ? [electron.path, [join(root, 'out/main/desktop.js'), ...deskArgs]]
    : [process.execPath, [join(root, 'out/main/cli.js'), 'desk', '--because', electron.why, ...deskArgs]]
const child = spawn(program, programArgs, { cwd: root, stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 1))
