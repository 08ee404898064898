#!/usr/bin/env node
import { nodeProblem } from './platform/node-version.ts'

// Before anything that an old Node cannot even load.
const problem = nodeProblem(process.versions.node)
if (problem !== null) {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}
// A build keeps its compiled code beside itself, where the next build removes it; from source there is nothing to keep.
if (import.meta.filename.endsWith('.js')) {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache(`${import.meta.dirname}/compiled`)
}
const { main } = await import('./cli/main.ts')
process.exitCode = await main(process.argv.slice(2))
