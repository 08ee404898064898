import type { Command } from 'commander'
import { addDeskFlags, type DeskFlags, stationOptions } from './desk-options.ts'
import type { Finish } from './output.ts'

/** Options and action of `desk`. */
export function defineDesk(command: Command, finish: Finish): void {
  addDeskFlags(command)
    .option('--because <why>', 'why the desk has no window; printed at the start')
    .action(async (flags: DeskFlags & { because?: string }) => {
      const options = stationOptions(flags, undefined)
      const { runHeadless } = await import('./headless.ts')
      finish(await runHeadless(options, flags.because ?? null))
    })
}

/** Options and action of `run`. */
export function defineRun(command: Command, finish: Finish): void {
  addDeskFlags(command)
    .option('--json', 'end with one line of JSON')
    .action(async (flags: DeskFlags & { json?: boolean }) => {
      const { run } = await import('./run.ts')
      finish(await run(flags))
    })
}
