import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildWithStamp, isBuildCurrent } from '../../scripts/build-stamp.ts'
import { temporaryFolder } from '../support/cli.ts'

const scripts = resolve(import.meta.dirname, '../../scripts')
let folder: ReturnType<typeof temporaryFolder>
let root: string

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** Builds the checkout. @param during changes made while the build runs */
const build = (during: () => void = () => {}, succeeds = true) =>
  buildWithStamp(root, () => {
    write('out/main/cli.js', "process.stdout.write('build')\n")
    write('out/renderer/index.html', '')
    during()
    return succeeds
  })

/** Which command line `npm run baton` runs: `source` or `build`. */
function runBaton(): string {
  return spawnSync(process.execPath, [join(root, 'scripts/baton.ts')], { encoding: 'utf8' }).stdout
}

beforeEach(() => {
  folder = temporaryFolder()
  root = folder.path
  for (const name of ['baton.ts', 'build-stamp.ts']) {
    mkdirSync(join(root, 'scripts'), { recursive: true })
    copyFileSync(join(scripts, name), join(root, 'scripts', name))
  }
  write('src/main/cli.ts', "process.stdout.write('source')\n")
  write('src/engine/engine.ts', 'export const one = 1\n')
  for (const name of ['electron.vite.config.ts', 'package-lock.json']) write(name, '')
  write('package.json', '{"type":"module"}')
})
afterEach(() => folder.remove())

describe('the command line of a checkout', () => {
  it('runs from the sources without a build, and from the build when there is one', () => {
    expect(runBaton()).toBe('source')
    expect(build()).toBe(true)
    expect(runBaton()).toBe('build')
  })

  it.each<[string, () => void]>([
    ['an edited source', () => write('src/engine/engine.ts', 'export const one = 2\n')],
    ['a new source', () => write('src/engine/second.ts', '')],
    ['a removed source', () => rmSync(join(root, 'src/engine/engine.ts'))],
    ['a renamed source', () => renameSync(join(root, 'src/engine/engine.ts'), join(root, 'src/engine/other.ts'))],
    ['a changed build configuration', () => write('electron.vite.config.ts', 'export default {}\n')],
    ['changed packages', () => write('package-lock.json', '{}')],
    ['an incomplete build', () => rmSync(join(root, 'out/main/cli.js'))],
  ])('runs from the sources after %s', (_name, change) => {
    build()
    expect(isBuildCurrent(root)).toBe(true)
    change()
    expect(isBuildCurrent(root)).toBe(false)
    expect(runBaton()).toBe('source')
  })

  it('does not use a build whose sources changed while it ran', () => {
    expect(build(() => write('src/engine/engine.ts', 'export const one = 2\n'))).toBe(true)
    expect(runBaton()).toBe('source')
  })

  it('uses neither the output of a failed build nor the stamp of the previous one', () => {
    build()
    expect(build(() => {}, false)).toBe(false)
    expect(runBaton()).toBe('source')
  })
})
