import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Text of every source file below a folder, declarations included, by its path from there, with `/` between names. */
export function sourcesBelow(folder: string): Map<string, string> {
  const sources = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.[cm]?[jt]sx?$/.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    sources.set(relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8'))
  }
  return sources
}
