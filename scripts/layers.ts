import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkLayers, type LayerTable } from './layers/check.ts'
import { sourcesBelow } from './layers/sources.ts'

/** Checks every import of `src` against the allow-list in `lint/layers.json`, and that nothing imports in a circle. */
const root = resolve(import.meta.dirname, '..')
const table = JSON.parse(readFileSync(join(root, 'lint/layers.json'), 'utf8')) as LayerTable
const sources = sourcesBelow(join(root, 'src'))
const problems = checkLayers(table, sources)
for (const { file, line, message } of problems) console.error(`src/${file}:${line} ${message}`)
console.log(`Layers: ${sources.size} files, ${Object.keys(table).length} parts, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
