import { Command, CommanderError } from 'commander'
import { runHeadless } from '../headless.ts'
import { addDeskFlags, type DeskFlags, stationOptions } from './desk-options.ts'
import { complain, EXIT, type ExitCode, UsageError } from './output.ts'
import { run } from './run.ts'

/** The command line. Resolves with the exit code: 0 done, 2 usage or configuration, 3 refused by safety, 1 else. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.done
  const program = new Command('baton')
    .description('A trading workstation whose bot never stops to take new code.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'baton: ')) })
    .showHelpAfterError('See "baton --help".')
  const command = (name: string, description: string) => program.command(name).description(description).exitOverride()

  addDeskFlags(command('desk', 'run the desk and serve its window to a browser'))
    .option('--because <why>', 'why there is no window of its own; printed at the start')
    .action(async (flags: DeskFlags & { because?: string }) => {
      code = await runHeadless(stationOptions(flags, undefined), flags.because ?? null)
    })
  addDeskFlags(command('run', 'run a desk without a window for a time and print what it did'))
    .option('--json', 'end with one line of JSON')
    .action(async (flags: DeskFlags & { json?: boolean }) => {
      code = await run(flags)
    })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    return exitCodeOf(error)
  }
}

function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof UsageError) {
    complain(error.message)
    return EXIT.usage
  }
  complain(error instanceof Error ? error.message : String(error))
  return EXIT.failed
}
