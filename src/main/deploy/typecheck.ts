import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Diagnostic } from '../../shared/domain/deployments.ts'
import type { Compiled } from './compile.ts'

const CHECK_LIMIT_MS = 20_000

/** Path of the native TypeScript compiler for this machine. */
export function nativeCompiler(): string {
  const from = createRequire(createRequire(import.meta.url).resolve('typescript/package.json'))
  const platform = `@typescript/typescript-${process.platform}-${process.arch}`
  const folder = dirname(from.resolve(`${platform}/package.json`))
  // In a packaged app the compiler is unpacked beside the archive: a program cannot be started from inside it.
  return join(folder, 'lib', process.platform === 'win32' ? 'tsc.exe' : 'tsc').replace('app.asar', 'app.asar.unpacked')
}

/** Type-checks exactly the compiled sources, in a folder of their own. Empty when there is no error. */
export async function checkTypes(compiled: Compiled, apiFile: string): Promise<Diagnostic[]> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-check-'))
  try {
    for (const { path, text } of compiled.sources) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const config = {
      compilerOptions: {
        target: 'ES2024',
        lib: ['ES2024'],
        module: 'ESNext',
        moduleResolution: 'bundler',
        allowImportingTsExtensions: true,
        verbatimModuleSyntax: true,
        strict: true,
        noEmit: true,
        types: [],
        paths: { baton: [apiFile] },
      },
      files: [`${compiled.strategy}.ts`],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    return parse(await run(nativeCompiler(), ['--pretty', 'false', '-p', 'tsconfig.json'], folder), compiled)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { cwd, timeout: CHECK_LIMIT_MS, maxBuffer: 4 * 1024 * 1024 },
      (error, stdout, stderr) => {
        // The compiler exits with 1 or 2 when it found errors; anything else means that it did not run.
        const code = error === null ? 0 : error.code
        resolve(
          code === 0 || code === 1 || code === 2
            ? stdout
            : `error: the type checker did not run: ${error?.message ?? ''} ${stderr}`,
        )
      },
    )
  })
}

function parse(output: string, compiled: Compiled): Diagnostic[] {
  const found: Diagnostic[] = []
  for (const line of output.split('\n')) {
    const match = /^(.+?)\((\d+),(\d+)\): error (TS\d+): (.*)$/.exec(line)
    if (match !== null) {
      const [, file = '', row, column, code, message] = match
      found.push({ file, line: Number(row), column: Number(column), message: `${message} (${code})` })
    } else if (line.startsWith('error')) {
      found.push({ file: `${compiled.strategy}.ts`, line: 1, column: 1, message: line })
    } else if (/^\s+\S/.test(line)) {
      // Continuation lines say what exactly did not fit.
      const last = found.pop()
      if (last !== undefined) found.push({ ...last, message: `${last.message}\n${line.trimEnd()}` })
    }
  }
  return found
}
