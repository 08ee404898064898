import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Folder of the package: where package.json of `baton` is, from source or from a build. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('package.json of baton was not found above its own code')
    folder = above
  }
  return folder
}

/** The declaration of the module `baton`; in a packaged app it lies beside the bundle. */
export function apiFile(): string {
  return join(packageRoot(), 'src/engine/strategy-api/baton.ts')
}
