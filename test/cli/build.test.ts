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

/** A build of this checkout; `meanwhile` is what somebody does while it runs. */
const build = (meanwhile: () => void = () => {}, succeeds = true) =>
  buildWithStamp(root, () => {
    write('out/main/cli.js', "process.stdout.write('build')\n")
    write('out/renderer/index.html', '')
    meanwhile()
    return succeeds
  })

/** What `npm run baton` ran. */
function ran(): string {
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
  it('runs the sources where nothing was built, and the build once there is one', () => {
    expect(ran()).toBe('source')
    expect(build()).toBe(true)
    expect(ran()).toBe('build')
  })

  it.each<[string, () => void]>([
    ['an edited source', () => write('src/engine/engine.ts', 'export const one = 2\n')],
    ['a new source', () => write('src/engine/second.ts', '')],
    ['a removed source', () => rmSync(join(root, 'src/engine/engine.ts'))],
    ['a renamed source', () => renameSync(join(root, 'src/engine/engine.ts'), join(root, 'src/engine/other.ts'))],
    ['another configuration of the build', () => write('electron.vite.config.ts', 'export default {}\n')],
    ['other packages', () => write('package-lock.json', '{}')],
    ['half a build', () => rmSync(join(root, 'out/main/cli.js'))],
  ])('runs the sources after %s', (_name, change) => {
    build()
    expect(isBuildCurrent(root)).toBe(true)
    change()
    expect(isBuildCurrent(root)).toBe(false)
    expect(ran()).toBe('source')
  })

  it('does not take a build for current whose sources changed while it was made', () => {
    expect(build(() => write('src/engine/engine.ts', 'export const one = 2\n'))).toBe(true)
    expect(ran()).toBe('source')
  })

  it('does not use what a failed build left, nor the stamp of the build before', () => {
    build()
    expect(build(() => {}, false)).toBe(false)
    expect(ran()).toBe('source')
  })
})
