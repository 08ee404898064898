import { InvalidArgumentError, type Command as Program } from 'commander'
import { isoUtc, SECOND } from '../../shared/domain/time.ts'
import type { CtlFlags } from './ctl.ts'
import type { Finish } from './output.ts'
import { addHomeOptions, parseDate, parseLength } from './parsers.ts'

/** How long to wait for the desk's answer by default. */
const ANSWER_MS = 10 * SECOND

type ParsedOptions = CtlFlags & Readonly<Record<string, unknown>>

function positions(text: string): string {
  if (text === 'hold' || text === 'flatten') return text
  throw new InvalidArgumentError('expected hold or flatten')
}

/** The commands of `ctl`. Their options have the names of the fields in the command schema. */
export function defineCtl(group: Program, finish: Finish): void {
  const add = (kind: string, description: string) =>
    addHomeOptions(group.command(kind))
      .description(description)
      .exitOverride()
      .option('--json', 'print the outcome as one line of JSON')
      .option('--timeout <duration>', 'how long to wait for the answer', parseLength, ANSWER_MS)
      .action(async (options: ParsedOptions) => {
        const { home, market, json, timeout, ...input } = options
        const flags = {
          timeout,
          ...(home === undefined ? {} : { home }),
          ...(market === undefined ? {} : { market }),
          ...(json === undefined ? {} : { json }),
        }
        const { ctl } = await import('./ctl.ts')
        finish(await ctl({ kind, ...input }, flags))
      })
  const slots = ['--slots <list>', 'slots of the canary, BTC-5m,ETH-5m', (text: string) => text.split(',')] as const
  const stake = ['--stake-percent <n>', 'percent of the stake that the canary may use', Number] as const
  const why = ['--reason <why>', 'reason, journaled with the command'] as const

  add('reload', 'deploy the current strategy files')
    .option('--strategy <name>', 'only this strategy')
    .option('--hash <digits>', 'only if the files have this hash')
    .option('--stored', 'deploy the stored version with this hash instead of the files')
    .option(...why)
    .option('--override <why>', 'override policy; the reason is kept with the version')
    .option(
      '--as <what>',
      'live; shadow: beside the live version with paper fills; canary: with a part of its slots or stake',
    )
    .option(...slots)
    .option(...stake)
  add('promote', 'make a shadow, a canary or a waiting candidate live')
    .requiredOption('--strategy <name>', 'strategy')
    .option('--hash <digits>', 'only a version with this hash')
    .option(...why)
    .option('--override <why>', 'override policy; the reason is kept with the version')
    .option('--as <what>', 'live; canary: with a part of its slots or stake')
    .option(...slots)
    .option(...stake)
  add('rollback', 'make a version live again that was kept')
    .requiredOption('--strategy <name>', 'strategy')
    .option('--to <hash>', 'hash of the version (default: the last one kept before)')
  add('dismiss', 'end the deployment of the waiting candidate, or the canary')
    .requiredOption('--strategy <name>', 'strategy')
    .option('--hash <digits>', 'which one, if there are both')
    .option(...why)
  add('close', 'sell one position at the bids of the book')
    .requiredOption('--position <id>', 'position, P-3fa9c1-12; "baton trades" lists them')
    .option(...why)
  add('void', 'write off a position whose window can never be settled')
    .requiredOption('--position <id>', 'position, P-3fa9c1-12; status.json lists those without an outcome')
    .requiredOption(...why)
    .option('--token <window>', 'with real money: id of its window, as a confirmation')
  add('assign', 'assign a slot to a strategy')
    .requiredOption('--slot <slot>', 'slot, BTC-5m')
    .requiredOption('--strategy <name>', 'strategy that trades the slot')
    .option(...why)
  add('caps', 'change the caps; strategies and deployments cannot')
    .requiredOption(...why)
    .option('--stake-per-order-usd <usd>', 'largest stake of one order', Number)
    .option('--exposure-per-window-usd <usd>', 'most at risk in one window', Number)
    .option('--exposure-per-asset-usd <usd>', 'most at risk in one asset', Number)
    .option('--exposure-per-account-usd <usd>', 'most at risk in the account', Number)
    .option('--orders-per-minute <n>', 'most orders within a minute', Number)
    .option('--loss-per-day-usd <usd>', 'loss within a UTC day that pauses entries', Number)
  add('freeze', 'block deployments')
    .requiredOption(...why)
    .option('--until <date>', 'end, ISO 8601 UTC', (text) => isoUtc(parseDate(text)))
  add('unfreeze', 'allow deployments again').requiredOption(...why)
  add('pause', 'block entries; exits stay allowed')
    .requiredOption(...why)
    .option('--slot <slot>', 'only this slot, BTC-5m')
    .option('--strategy <name>', 'only this strategy')
  add('resume', 'allow entries again')
    .option('--slot <slot>', 'only this slot')
    .option('--strategy <name>', 'only this strategy')
  add('kill', 'stop all trading and cancel open orders, until re-armed by hand')
    .option('--positions <what>', 'hold positions to settlement, or flatten them now', positions, 'hold')
    .option(...why)
  add('rearm', 'allow trading again after a kill')
    .requiredOption('--confirm <word>', 'REARM')
    .requiredOption(...why)
}
