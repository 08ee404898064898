import { cpus, totalmem } from 'node:os'
import { attributionSpeed } from './attribution-rows.ts'
import { saveToLive } from './deploy-rows.ts'
import { cycleTimes } from './engine-rows.ts'
import type { Row } from './figures.ts'
import { killLatency, startUp } from './process-rows.ts'
import { replaySpeed } from './replay-rows.ts'

/**
 * `npm run bench`: measures the desk on this machine, beside the lower bound measured in the same run and the budget of
 * the design. Arguments select parts by name.
 */
const PARTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  start: startUp,
  deploy: saveToLive,
  kill: killLatency,
  cycle: cycleTimes,
  replay: replaySpeed,
  attribution: attributionSpeed,
}

const selected = process.argv.slice(2)
const unknown = selected.find((name) => !(name in PARTS))
if (unknown !== undefined) {
  process.stderr.write(`unknown part ${unknown}; parts are ${Object.keys(PARTS).join(', ')}\n`)
  process.exit(2)
}
const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
process.stdout.write(
  `${cpus().length} × ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${process.platform}\n\n`,
)
const line = (cells: readonly string[]) => `${cells.map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0)).join('  ')}`.trimEnd()
const WIDTHS = [56, 52, 48, 28]
process.stdout.write(`${line(['what', 'measured', 'lower bound in this run', 'budget', 'met'])}\n`)
for (const [name, measure] of Object.entries(PARTS)) {
  if (selected.length > 0 && !selected.includes(name)) continue
  for (const { what, measured, floor = '', budget = '', met } of await measure())
    process.stdout.write(`${line([what, measured, floor, budget, met === undefined ? '' : met ? 'yes' : 'NO'])}\n`)
}
process.exit(0)
