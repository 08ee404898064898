import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/cli.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = temporaryFolder()
afterAll(() => folder.remove())

/** Runs the command line. @returns the loaded modules: files below `src/`, packages by name */
function modulesOf(...args: readonly string[]): ReadonlySet<string> {
  const list = join(folder.path, 'loaded')
  const hook = join(root, 'test/support/loaded-modules.ts')
  const ran = spawnSync(process.execPath, ['--import', hook, join(root, 'src/main/cli.ts'), ...args], {
    cwd: root,
    env: { ...process.env, LOADED_MODULES: list, BATON_HOME: join(folder.path, 'home') },
    encoding: 'utf8',
  })
  expect(ran.stderr).toBe('')
  expect(ran.status).toBe(0)
  return new Set(
    readFileSync(list, 'utf8')
      .split('\n')
      .flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)|\/(src\/.*)$/.exec(url)?.slice(1).filter(Boolean) ?? []),
  )
}

describe('what a command loads', () => {
  it('lists all commands without loading any of them', () => {
    const loaded = [...modulesOf('--help')]
    expect(loaded.filter((name) => !name.startsWith('src/'))).toEqual(['commander'])
    expect(loaded.filter((name) => name.startsWith('src/')).toSorted()).toEqual([
      'src/main/cli.ts',
      'src/main/cli/main.ts',
      'src/main/cli/output.ts',
      'src/main/platform/node-version.ts',
      'src/shared/domain/base.ts',
      'src/shared/domain/time.ts',
    ])
  })

  it('loads neither desk nor database for the help of replay', () => {
    const loaded = modulesOf('replay', '--help')
    expect(loaded).toContain('src/main/cli/replay-command.ts')
    for (const name of ['better-sqlite3', 'fastify', 'esbuild', 'src/main/replay/lab.ts'])
      expect(loaded).not.toContain(name)
  })

  it('loads no server, compiler or venue for ctl, trades and tape', () => {
    for (const args of [
      ['ctl', '--help'],
      ['trades', '--help'],
      ['tape', 'ls', '--home', folder.path],
    ]) {
      const loaded = modulesOf(...args)
      for (const name of ['fastify', 'esbuild', 'ws', 'src/main/app/desk.ts', 'src/main/app/station.ts'])
        expect(loaded, args.join(' ')).not.toContain(name)
    }
  })
})

describe('help', () => {
  it.each([
    'desk',
    'run',
    'versions',
    'deployments',
    'trades',
    'attribution',
    'audit',
    'doctor',
    'replay',
    'ctl',
    'tape',
  ])('of %s names its options', (name) => {
    for (const args of [
      [name, '--help'],
      ['help', name],
    ]) {
      const ran = spawnSync(process.execPath, [join(root, 'src/main/cli.ts'), ...args], { encoding: 'utf8' })
      expect(ran.status).toBe(0)
      expect(ran.stdout).toContain(`Usage: baton ${name}`)
      expect(ran.stdout).toMatch(name === 'ctl' || name === 'tape' ? /Commands:/ : /--home <dir>/)
    }
  })
})
