import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { checkAssertions } from './layers/assertions.ts'
import { checkLayers } from './layers/check.ts'
import { withDrawing } from './layers/drawing.ts'
import { sourcesBelow } from './layers/sources.ts'

/**
 * Checks every import of `src` against the allow-list in `lint/layers.json`, that there are no import cycles, that types are
 * asserted only where `lint/assertions.json` allows it, and that the drawing of parts in ARCHITECTURE.md is up to date.
 * `--draw` brings the drawing up to date.
 */
const root = resolve(import.meta.dirname, '..')
const tableSchema = z.record(z.string(), z.strictObject({ may: z.array(z.string()) }))
const table = tableSchema.parse(JSON.parse(readFileSync(join(root, 'lint/layers.json'), 'utf8')))
const allowed = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(join(root, 'lint/assertions.json'), 'utf8')))
const sources = sourcesBelow(join(root, 'src'))
const problems = [...checkLayers(table, sources), ...checkAssertions(allowed, sources)]
for (const { file, line, message } of problems) console.error(`src/${file}:${line} ${message}`)
const page = join(root, 'ARCHITECTURE.md')
const before = readFileSync(page, 'utf8')
const drawn = withDrawing(before, table)
if (process.argv.includes('--draw')) writeFileSync(page, drawn)
else if (drawn !== before) {
  console.error('ARCHITECTURE.md: the drawing of parts is out of date; run "node scripts/layers.ts --draw"')
  process.exitCode = 1
}
console.log(`Layers: ${sources.size} files, ${Object.keys(table).length} parts, ${problems.length} problems`)
if (problems.length > 0) process.exitCode = 1
