import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { checkLayers } from './layers/check.ts'
import { sourcesBelow } from './layers/sources.ts'

/** Checks every import of `src` against the allow-list in `lint/layers.json`, and that there are no import cycles. */
const root = resolve(import.meta.dirname, '..')
const tableSchema = z.record(z.string(), z.strictObject({ may: z.array(z.string()) }))
const table = tableSchema.parse(JSON.parse(readFileSync(join(root, 'lint/layers.json'), 'utf8')))
const sources = sourcesBelow(join(root, 'src'))
const problems = checkLayers(table, sources)
for (const { file, line, message } of problems) console.error(`src/${file}:${line} ${message}`)
console.log(`Layers: ${sources.size} files, ${Object.keys(table).length} parts, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
