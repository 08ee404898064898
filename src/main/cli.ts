#!/usr/bin/env node
import { nodeProblem } from './platform/node-version.ts'

// Before anything that an old Node cannot even load.
const problem = nodeProblem(process.versions.node)
if (problem !== null) {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}
const { main } = await import('./cli/main.ts')
process.exitCode = await main(process.argv.slice(2))
