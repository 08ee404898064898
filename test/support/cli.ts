import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

export interface CliResult {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the real command line with the Node that runs the tests. */
export function baton(...args: readonly string[]): Promise<CliResult> {
  return batonWith({}, ...args)
}

/** The same with more variables in its environment, and a text on its standard input. */
export function batonWith(
  { env = {}, input = '' }: { readonly env?: Readonly<Record<string, string>>; readonly input?: string },
  ...args: readonly string[]
): Promise<CliResult> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [join(root, 'src/main/cli.ts'), ...args], {
      cwd: root,
      env: { ...process.env, ...env },
    })
    child.stdin.end(input)
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    child.once('error', reject)
    child.once('close', (code) => done({ code, out, err }))
  })
}

/** A folder that is gone after `remove`. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'baton-cli-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}
