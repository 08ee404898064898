import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `out/` is built from. */
const SOURCES = ['src', 'electron.vite.config.ts', 'package.json', 'package-lock.json']
const STAMP = 'out/build-stamp'
/** What must be there of a build for it to be used. */
const BUILT = ['out/main/cli.js', 'out/renderer/index.html']

/** A digest of the name, size and time of every file that a build is made from: an edit, a rename or a removal changes it. */
export function sourceStamp(root: string): string {
  const hash = createHash('sha256')
  const add = (path: string): void => {
    const stats = statSync(join(root, path))
    if (stats.isDirectory()) for (const name of readdirSync(join(root, path)).sort()) add(`${path}/${name}`)
    else hash.update(`${path}\0${stats.size}\0${stats.mtimeMs}\n`)
  }
  for (const source of SOURCES) add(source)
  return hash.digest('hex')
}

/** True where `out/` was built from exactly the sources that are there now. */
export function isBuildCurrent(root: string): boolean {
  const stamp = join(root, STAMP)
  if (![stamp, ...BUILT.map((file) => join(root, file))].every((file) => existsSync(file))) return false
  return readFileSync(stamp, 'utf8') === sourceStamp(root)
}

/**
 * Builds, and leaves a stamp of the sources as they were before: an edit during the build makes it out of date.
 * @param build true when it succeeded
 */
export function buildWithStamp(root: string, build: () => boolean): boolean {
  const stamp = sourceStamp(root)
  rmSync(join(root, STAMP), { force: true })
  if (!build()) return false
  writeFileSync(join(root, STAMP), stamp)
  return true
}
