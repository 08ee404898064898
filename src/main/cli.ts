#!/usr/bin/env node
import { nodeProblem } from './platform/node-version.ts'

// Checked before importing modules that an old Node cannot load.
const problem = nodeProblem(process.versions.node)
if (problem !== null) {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}
// Caches compiled code inside the build, where the next build removes it.
if (import.meta.filename.endsWith('.js')) {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache(`${import.meta.dirname}/compiled`)
}
const { main } = await import('./cli/main.ts')
process.exitCode = await main(process.argv.slice(2))
