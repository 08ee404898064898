import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

/** `npm run build`: desktop, preload and renderer into `out/`. */
const root = resolve(import.meta.dirname, '..')
const result = spawnSync(
  process.execPath,
  [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'build', '--logLevel', 'warn'],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
process.exit(result.status ?? 1)
