import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

declare const __ENGINE_BUILD__: string | undefined

/** What decisions are made with: the engine, its words, and what a strategy sees of it. */
const PARTS = ['src/engine', 'src/shared/domain', 'src/main/strategy-host']

/** First 16 digits of a sha256 over the sources that decisions depend on. */
export function hashEngine(root: string): string {
  const hash = createHash('sha256')
  for (const path of PARTS.flatMap((part) => filesBelow(root, part)).sort())
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
  return hash.digest('hex').slice(0, 16)
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = `${folder}/${name}`
    return statSync(join(root, path)).isDirectory() ? filesBelow(root, path) : [path]
  })
}

/** Names this engine build: a recording replays byte for byte on the build that made it. A bundle has it built in. */
export function engineBuild(root: string): string {
  return typeof __ENGINE_BUILD__ === 'string' ? __ENGINE_BUILD__ : hashEngine(root)
}
