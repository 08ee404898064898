import { cpus, totalmem } from 'node:os'
import { attributionSpeed } from './attribution-rows.ts'
import { killLatency, saveToLive, startUp } from './desk-rows.ts'
import { cycleTimes } from './engine-rows.ts'
import type { Row } from './figures.ts'
import { replaySpeed } from './replay-rows.ts'

/** `npm run bench`: what the desk costs, measured in one run on this machine. Budgets are those of the design. */
const ROWS: readonly (() => Promise<readonly Row[]>)[] = [
  startUp,
  saveToLive,
  killLatency,
  cycleTimes,
  replaySpeed,
  attributionSpeed,
]

const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
process.stdout.write(
  `${cpus().length} × ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform}\n\n`,
)
for (const measure of ROWS) {
  const rows = await measure()
  for (const row of rows) process.stdout.write(`${row.what.padEnd(58)} ${row.measured.padEnd(46)} ${row.budget}\n`)
}
process.exit(0)
