import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { z } from 'zod'
import type { StrategyManifest } from '../../engine/views/view-types.ts'
import type { Finish } from './output.ts'
import { addHomeOptions, parseCount, parseDate, parseLength, parseNumber } from './parsers.ts'
import type { ReplayFlags } from './replay.ts'

/** Options and action of `replay`. */
export function defineReplay(command: Command, finish: Finish): void {
  addHomeOptions(command)
    .requiredOption('--strategy <file>', 'strategy file, or the name of one in the strategies folder')
    .option('--params <json>', 'params that replace those of the strategy, as JSON', parseParams)
    .option('--tape <file...>', 'candle files or folders, or tape files (default: the recordings of the home folder)')
    .option('--from <date>', 'start, ISO 8601 UTC', parseDate)
    .option('--to <date>', 'end, not included', parseDate)
    .option('--last <duration>', 'only the last part of the tape: 24h', parseLength)
    .option('--slots <list>', 'BTC-5m,ETH-15m …, BTC for both timeframes, or all (default: all of the tape)')
    .option('--seed <n>', 'random seed of the simulation', parseNumber, 7)
    .option('--threads <n>', 'days replayed in parallel', parseCount, 2)
    .option('--trades', 'list every trade, as a table or in the JSON')
    .option('--json', 'end with one line of JSON')
    .action(async (flags: ReplayFlags) => {
      const { replay } = await import('./replay.ts')
      finish(await replay(flags))
    })
}

const paramsSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]))

function parseParams(text: string): StrategyManifest['params'] {
  try {
    const parsed = paramsSchema.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
  } catch {
    // Reported below, like a value that is not an object.
  }
  throw new InvalidArgumentError('expected a JSON object of numbers, strings and booleans, like {"minEdge":0.03}')
}
