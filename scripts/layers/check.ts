import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { findCycles } from './cycles.ts'
import { importsOf } from './imports.ts'
import { impureGlobals } from './pure.ts'

/** What each part of `src` may import: other parts, single files of them, packages, or `node:` for all of Node. */
export type LayerTable = Readonly<Record<string, { readonly may: readonly string[] }>>

export interface LayerProblem {
  readonly file: string
  readonly line: number
  readonly message: string
}

/** Parts that run in every process and in every replay: no ambient thing of Node or of a browser. */
const PURE = /^(shared|engine)(\/|$)/
const BUILTIN = new Set(builtinModules)

/**
 * The part of the table that a file belongs to: the longest of its folders that has one; of what is pure, the folder itself,
 * so that a new one is spoken of. Files in `main` itself are the composition roots, and each folder of `renderer/features`
 * is a part of its own under one name.
 */
export function partOf(table: LayerTable, file: string): string | undefined {
  if (/^main\/[^/]+$/.test(file)) return 'roots'
  const own = posix.dirname(file)
  if (PURE.test(own)) return table[own] === undefined ? undefined : own
  for (let folder = own; folder !== '.'; folder = posix.dirname(folder)) if (table[folder] !== undefined) return folder
  return undefined
}

/** Two features of the window do not know each other, though one entry of the table speaks of all. */
function unitOf(part: string, file: string): string {
  return part === 'renderer/features' ? file.split('/').slice(0, 3).join('/') : part
}

/** @param sources text by path below `src` */
export function checkLayers(table: LayerTable, sources: ReadonlyMap<string, string>): readonly LayerProblem[] {
  const problems: LayerProblem[] = []
  const graph = new Map<string, readonly string[]>()
  for (const [file, text] of sources) {
    const part = partOf(table, file)
    if (part === undefined) {
      problems.push({ file, line: 1, message: 'belongs to no part of lint/layers.json: say what it may import' })
      continue
    }
    const may = table[part]?.may ?? []
    const targets: string[] = []
    for (const { specifier, line } of importsOf(file, text)) {
      if (specifier === null) {
        problems.push({ file, line, message: `${part} may not import what is computed: name the file or the package` })
        continue
      }
      const local = specifier.startsWith('.')
      const target = local ? posix.join(posix.dirname(file), specifier.replace(/\?.*$/, '')) : null
      if (target !== null) targets.push(target)
      const refused =
        target === null
          ? refusePackage(may, specifier)
          : sources.has(target)
            ? refuseFile(table, part, file, target, may)
            : refuseOther(target)
      if (refused !== null) problems.push({ file, line, message: `${part} may not import ${refused}` })
    }
    graph.set(file, targets)
    if (PURE.test(part))
      for (const { name, line } of impureGlobals(file, text))
        problems.push({ file, line, message: `${part} is pure: ${name} is passed in where it is needed` })
  }
  for (const cycle of findCycles(graph))
    problems.push({ file: cycle[0] ?? '', line: 1, message: `imports itself in a circle: ${cycle.join(' → ')}` })
  return problems
}

function refuseFile(
  table: LayerTable,
  part: string,
  file: string,
  target: string,
  may: readonly string[],
): string | null {
  const other = partOf(table, target)
  if (other === undefined) return `${target}, which belongs to no part`
  if (other === part) return unitOf(part, file) === unitOf(other, target) ? null : unitOf(other, target)
  return may.includes(other) || may.includes(target) ? null : `${target} of ${other}`
}

/** Styles and pictures belong to whoever shows them. */
const SHOWN = /\.(css|svg|png|woff2)$/

function refuseOther(target: string): string | null {
  return SHOWN.test(target) ? null : `${target}, which is no source file: name one with its own extension`
}

function refusePackage(may: readonly string[], specifier: string): string | null {
  if (specifier.startsWith('node:') || BUILTIN.has(specifier))
    return may.includes('node:') && specifier.startsWith('node:') ? null : `${specifier} of Node`
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  return may.includes(name) || (name === 'baton' && may.includes('engine/strategy-api')) ? null : `the package ${name}`
}
