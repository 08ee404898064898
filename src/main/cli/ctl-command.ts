import { InvalidArgumentError, type Command as Program } from 'commander'
import { isoUtc, SECOND } from '../../shared/domain/time.ts'
import type { CtlFlags } from './ctl.ts'
import type { Finish } from './output.ts'
import { parseDate, parseLength } from './parsers.ts'

const ANSWER_MS = 10 * SECOND

type Given = CtlFlags & Readonly<Record<string, unknown>>

function positions(text: string): string {
  if (text === 'hold' || text === 'flatten') return text
  throw new InvalidArgumentError('it is hold or flatten')
}

/** The commands of `ctl`; what they take is what the command schema takes. */
export function defineCtl(group: Program, finish: Finish): void {
  const add = (kind: string, description: string) =>
    group
      .command(kind)
      .description(description)
      .exitOverride()
      .option('--home <dir>', 'home folder of the desk (default: BATON_HOME, else the user-data folder)')
      .option('--json', 'print the outcome as one line of JSON')
      .option('--timeout <duration>', 'how long to wait for the answer', parseLength, ANSWER_MS)
      .action(async (given: Given) => {
        const { home, json, timeout, ...input } = given
        const flags = { timeout, ...(home === undefined ? {} : { home }), ...(json === undefined ? {} : { json }) }
        const { ctl } = await import('./ctl.ts')
        finish(await ctl({ kind, ...input }, flags))
      })
  const slots = ['--slots <list>', 'slots of a canary, BTC-5m,ETH-5m', (text: string) => text.split(',')] as const
  const stake = ['--stake-percent <n>', 'of what a canary wants to stake', Number] as const
  const why = ['--reason <why>', 'why, in a few words'] as const

  add('reload', 'deploy what the strategy files say now')
    .option('--strategy <name>', 'only this strategy')
    .option('--hash <digits>', 'only if the files have this hash')
    .option('--stored', 'the stored version that --hash names, whatever the files say')
    .option(...why)
    .option('--override <why>', 'go past the policy; the reason is kept for ever')
    .option(
      '--as <what>',
      'live; shadow: beside the live version with paper fills; canary: with a part of its slots or stake',
    )
    .option(...slots)
    .option(...stake)
  add('promote', 'let a shadow, a canary, or a candidate that waits, go live')
    .requiredOption('--strategy <name>', 'whose')
    .option('--hash <digits>', 'only if it has this hash')
    .option(...why)
    .option('--override <why>', 'go past the policy; the reason is kept for ever')
    .option('--as <what>', 'live; canary: with a part of its slots or stake')
    .option(...slots)
    .option(...stake)
  add('rollback', 'bring a version back that was kept')
    .requiredOption('--strategy <name>', 'whose')
    .option('--to <hash>', 'which version (default: the last one kept before)')
  add('dismiss', 'give up the candidate that waits, or the canary')
    .requiredOption('--strategy <name>', 'whose')
    .option('--hash <digits>', 'which, where there are both')
    .option(...why)
  add('close', 'have the desk sell one position at what the book pays')
    .requiredOption('--position <id>', 'which, P-3fa9c1-12; "baton trades" lists them')
    .option(...why)
  add('void', 'write off a position whose window can never be settled')
    .requiredOption('--position <id>', 'which, P-3fa9c1-12; status.json names those without an outcome')
    .requiredOption(...why)
    .option('--token <window>', 'on live: the window it is in')
  add('assign', 'give a slot to another strategy')
    .requiredOption('--slot <slot>', 'which, BTC-5m')
    .requiredOption('--strategy <name>', 'whose it becomes')
    .option(...why)
  add('caps', 'change the caps that no code can change')
    .requiredOption(...why)
    .option('--stake-per-order-usd <usd>', 'stake of one order', Number)
    .option('--exposure-per-window-usd <usd>', 'at risk in one window', Number)
    .option('--exposure-per-asset-usd <usd>', 'at risk in one asset', Number)
    .option('--exposure-per-account-usd <usd>', 'at risk in all', Number)
    .option('--orders-per-minute <n>', 'orders within a minute', Number)
    .option('--loss-per-day-usd <usd>', 'loss of a UTC day that pauses entries', Number)
  add('freeze', 'let no deployment through')
    .requiredOption(...why)
    .option('--until <date>', 'end, ISO 8601 UTC', (text) => isoUtc(parseDate(text)))
  add('unfreeze', 'let deployments through again').requiredOption(...why)
  add('pause', 'stop entries; exits go on')
    .requiredOption(...why)
    .option('--slot <slot>', 'only this slot, BTC-5m')
    .option('--strategy <name>', 'only this strategy')
  add('resume', 'allow entries again')
    .option('--slot <slot>', 'only this slot')
    .option('--strategy <name>', 'only this strategy')
  add('kill', 'stop all trading and cancel what is open, until re-armed by hand')
    .option('--positions <what>', 'hold to settlement, or flatten now', positions, 'hold')
    .option(...why)
  add('rearm', 'trade again after a kill')
    .requiredOption('--confirm <word>', 'REARM')
    .requiredOption(...why)
}
