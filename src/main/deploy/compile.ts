import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { z } from 'zod'
import { API_VERSION } from '../../engine/strategy-api/baton.ts'
import type { StrategyManifest } from '../../engine/views/view-types.ts'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'
import type { Diagnostic } from '../../shared/domain/deployments.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import { versionHashOf } from '../../shared/domain/ids.ts'
import { sha256 } from '../platform/system.ts'
import { originalPosition } from '../strategy-host/source-position.ts'

/** A bundled strategy with its sources. */
export interface Compiled {
  readonly strategy: string
  readonly bundle: string
  /** Source map of the bundle as JSON. */
  readonly sourceMap: string
  /** Every bundled file of the strategies folder, the strategy's own first. */
  readonly sources: readonly { readonly path: string; readonly text: string }[]
}

/**
 * A version's identity: its bundle (its own params are in it) and the strategy API it was made for.
 * @param params other than its own, for a replay; null = its own
 */
export function versionHash(bundle: string, params: StrategyManifest['params'] | null = null): VersionHash {
  const other = params === null ? [] : [JSON.stringify(params)]
  return versionHashOf(sha256(bundle, String(API_VERSION), ...other))
}

/** Names that do not exist in a strategy's context, with what to use instead. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  Date: 'time is in the view: view.now, view.secondsLeft',
  'Math.random': 'a strategy must give the same answer for the same view',
  Intl: 'use toFixed',
  console: 'say it in `why`, which the desk shows and keeps',
  Promise: 'decide answers at once',
  performance: 'time is in the view',
  process: 'nothing of the machine is visible to a strategy',
  require: "only 'baton' and files below the strategies folder can be imported",
  module: 'use export default',
  Buffer: 'use arrays',
  eval: 'code cannot be made at run time',
}
const ALSO_FORBIDDEN = (
  'setTimeout setInterval setImmediate queueMicrotask fetch WebSocket XMLHttpRequest crypto WebAssembly Atomics ' +
  'SharedArrayBuffer ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array ' +
  'Uint32Array Float16Array Float32Array Float64Array BigInt64Array BigUint64Array WeakRef FinalizationRegistry ' +
  'Temporal structuredClone global window self document navigator localStorage Worker URL TextEncoder TextDecoder ' +
  'AbortController atob btoa'
).split(' ')
const MARK = '__forbidden__'

/** Bundles one strategy of `folder`; every error names file and line. */
export async function compileStrategy(
  folder: string,
  strategy: string,
  apiFile: string,
): Promise<Result<Compiled, Diagnostic[]>> {
  const root = realpathSync(folder)
  const entry = `${strategy}.ts`
  const names = [...Object.keys(FORBIDDEN), ...ALSO_FORBIDDEN]
  try {
    const result = await build({
      absWorkingDir: root,
      entryPoints: [entry],
      bundle: true,
      write: false,
      outfile: 'bundle.js',
      format: 'iife',
      globalName: '__strategy',
      platform: 'neutral',
      target: 'es2024',
      charset: 'utf8',
      sourcemap: 'external',
      sourcesContent: false,
      metafile: true,
      // An import() left in the bundle would reach the host's loader and, through its errors, host objects.
      supported: { 'dynamic-import': false },
      logLevel: 'silent',
      // Keeps imports that look unused: the type check and the stored sources must be complete.
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      // Modules are strict. A plain script would not be, and writing to a frozen view would fail silently.
      banner: { js: '"use strict";' },
      define: Object.fromEntries(names.map((name) => [name, MARK + name.replace('.', '$')])),
      plugins: [onlyLocalImports(root, apiFile)],
    })
    const bundle = result.outputFiles.find((file) => file.path.endsWith('.js'))?.text ?? ''
    const sourceMap = result.outputFiles.find((file) => file.path.endsWith('.map'))?.text ?? '{}'
    const forbidden = findForbidden(bundle, sourceMap)
    if (forbidden.length > 0) return err(forbidden)
    const paths = Object.keys(result.metafile.inputs).filter((path) => !path.startsWith('baton:'))
    const sources = paths
      .toSorted((a, b) => Number(b === entry) - Number(a === entry) || (a < b ? -1 : 1))
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    const dynamic = findDynamicImports(sources)
    return dynamic.length > 0 ? err(dynamic) : ok({ strategy, bundle, sourceMap, sources })
  } catch (error) {
    return err(fromBuildFailure(error, entry))
  }
}

/** Resolves `baton` and files below the folder (by real path), nothing else. */
function onlyLocalImports(root: string, apiFile: string): Plugin {
  return {
    name: 'only-local-imports',
    setup(on) {
      on.onResolve({ filter: /^baton$/ }, () => ({ path: 'baton', namespace: 'baton' }))
      on.onLoad({ filter: /.*/, namespace: 'baton' }, () => ({ contents: readFileSync(apiFile, 'utf8'), loader: 'ts' }))
      on.onResolve({ filter: /.*/ }, (args) => {
        if (args.kind === 'entry-point') return { path: join(root, args.path) }
        const refuse = (why: string) => ({ errors: [{ text: `import of '${args.path}' is not allowed: ${why}` }] })
        if (!args.path.startsWith('.'))
          return refuse("a strategy may import 'baton' and files below the strategies folder")
        const wanted = join(args.resolveDir, args.path)
        try {
          const real = realpathSync(wanted.endsWith('.ts') ? wanted : `${wanted}.ts`)
          return real.startsWith(root + sep) ? { path: real } : refuse('it lies outside the strategies folder')
        } catch {
          return refuse(
            existsSync(wanted) && statSync(wanted).isFile()
              ? 'only .ts files can be imported: write what is in it as "export default …" into one'
              : 'there is no such file below the strategies folder',
          )
        }
      })
    },
  }
}

function findForbidden(bundle: string, sourceMap: string): Diagnostic[] {
  const found: Diagnostic[] = []
  for (const match of bundle.matchAll(new RegExp(`${MARK}([\\w$]+)`, 'g'))) {
    const name = (match[1] ?? '').replace('$', '.')
    const before = bundle.slice(0, match.index).split('\n')
    const at = originalPosition(sourceMap, before.length, (before.at(-1)?.length ?? 0) + 1)
    const hint = FORBIDDEN[name] ?? 'it is not part of the strategy API'
    found.push({ ...at, message: `${name} is not available to a strategy: ${hint}` })
  }
  return found
}

function findDynamicImports(sources: Compiled['sources']): Diagnostic[] {
  return sources.flatMap(({ path: file, text }) =>
    text.split('\n').flatMap((line, i) => {
      const at = /\bimport\s*\(/.exec(line)
      const message = 'import() is not available to a strategy: import at the top of the file'
      return at === null ? [] : [{ file, line: i + 1, column: at.index + 1, message }]
    }),
  )
}

/** What esbuild rejects with. */
const buildFailure = z.object({
  errors: z.array(
    z.object({
      text: z.string(),
      location: z.object({ file: z.string(), line: z.number(), column: z.number() }).nullable(),
    }),
  ),
})

function fromBuildFailure(error: unknown, entry: string): Diagnostic[] {
  const failure = buildFailure.safeParse(error)
  if (!failure.success) return [{ file: entry, line: 1, column: 1, message: messageOf(error) }]
  return failure.data.errors.map(({ text, location }) => ({
    file: location === null ? entry : relative('.', location.file) || basename(location.file),
    line: location?.line ?? 1,
    column: (location?.column ?? 0) + 1,
    message: text,
  }))
}
