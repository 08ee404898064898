import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `out/` is built from. */
const SOURCES = ['src', 'electron.vite.config.ts', 'package.json', 'package-lock.json']
const STAMP = 'out/build-stamp'
/** Files that a usable build contains. */
const BUILT = ['out/main/cli.js', 'out/renderer/index.html']

/** Digest of path, size and modification time of every source file; an edit, a rename or a removal changes it. */
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

/** True when `out/` was built from the current sources. */
export function isBuildCurrent(root: string): boolean {
  const stamp = join(root, STAMP)
  if (![stamp, ...BUILT.map((file) => join(root, file))].every((file) => existsSync(file))) return false
  return readFileSync(stamp, 'utf8') === sourceStamp(root)
}

/**
 * Builds and stores the stamp of the sources from before the build, so that an edit during the build makes it outdated.
 * @param build runs the build; returns whether it succeeded
 * @returns whether the build succeeded
 */
export function buildWithStamp(root: string, build: () => boolean): boolean {
  const stamp = sourceStamp(root)
  rmSync(join(root, STAMP), { force: true })
  if (!build()) return false
  writeFileSync(join(root, STAMP), stamp)
  return true
}
