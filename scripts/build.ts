import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { buildWithStamp } from './build-stamp.ts'

/** `npm run build`: builds main, preload and renderer into `out/`. */
const root = resolve(import.meta.dirname, '..')
const bundler = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
const built = buildWithStamp(root, () => {
  const args = [bundler, 'build', '--logLevel', 'warn']
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0
})
process.exit(built ? 0 : 1)
