import type { Command } from 'commander'
import { addDeskFlags, type DeskFlags, stationOptions } from './desk-options.ts'
import type { Finish } from './output.ts'

/** What `desk` takes and does. */
export function defineDesk(command: Command, finish: Finish): void {
  addDeskFlags(command)
    .option('--because <why>', 'why there is no window of its own; printed at the start')
    .action(async (flags: DeskFlags & { because?: string }) => {
      const options = stationOptions(flags, undefined)
      const { runHeadless } = await import('../headless.ts')
      finish(await runHeadless(options, flags.because ?? null))
    })
}

/** What `run` takes and does. */
export function defineRun(command: Command, finish: Finish): void {
  addDeskFlags(command)
    .option('--json', 'end with one line of JSON')
    .action(async (flags: DeskFlags & { json?: boolean }) => {
      const { run } = await import('./run.ts')
      finish(await run(flags))
    })
}
