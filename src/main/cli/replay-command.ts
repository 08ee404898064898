import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { z } from 'zod'
import type { StrategyManifest } from '../../engine/views/view-types.ts'
import type { Finish } from './output.ts'
import { parseCount, parseDate, parseLength, parseNumber } from './parsers.ts'
import type { ReplayFlags } from './replay.ts'

/** What `replay` takes and does. */
export function defineReplay(command: Command, finish: Finish): void {
  command
    .requiredOption('--strategy <file>', 'strategy file, or its name in the strategies folder')
    .option('--params <json>', 'params other than the strategy’s own, as JSON', parseParams)
    .option(
      '--tape <file...>',
      'candle files or folders, or tape files (default: the own recording of the home folder)',
    )
    .option('--from <date>', 'first moment, ISO 8601 UTC', parseDate)
    .option('--to <date>', 'first moment not replayed', parseDate)
    .option('--last <duration>', 'only the newest part of the tape: 24h', parseLength)
    .option('--slots <list>', 'BTC-5m,ETH-15m …, BTC for both timeframes, or all (default: all of the tape)')
    .option('--seed <n>', 'seed of everything simulated', parseNumber, 7)
    .option('--threads <n>', 'days replayed at the same time', parseCount, 2)
    .option('--trades', 'list every trade, as a table or in the JSON')
    .option('--home <dir>', 'home folder (default: BATON_HOME, else the user-data folder)')
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
    // Said below, as what is no object is.
  }
  throw new InvalidArgumentError('it is a JSON object of numbers, texts and booleans, like {"minEdge":0.03}')
}
