import { Command, CommanderError } from 'commander'
import { complain, EXIT, type ExitCode, type Finish, outputFailed, print, UsageError, watchOutput } from './output.ts'

/** One command of the program. What it takes is added once it is asked for: the others are listed, and not loaded. */
interface ListedCommand {
  readonly name: string
  readonly description: string
  /** Adds arguments, options, commands of its own and what it does. */
  readonly define: (command: Command, finish: Finish) => Promise<void>
}

const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'desk',
    description: 'run the desk and serve its window to a browser',
    define: async (...to) => (await import('./desk-commands.ts')).defineDesk(...to),
  },
  {
    name: 'run',
    description: 'run a desk without a window for a time and print what it did',
    define: async (...to) => (await import('./desk-commands.ts')).defineRun(...to),
  },
  {
    name: 'versions',
    description: 'list the versions of every strategy with their results',
    define: async (...to) => (await import('./reading-commands.ts')).defineVersions(...to),
  },
  {
    name: 'deployments',
    description: 'list deployments with their steps',
    define: async (...to) => (await import('./reading-commands.ts')).defineDeployments(...to),
  },
  {
    name: 'trades',
    description: 'list trades',
    define: async (...to) => (await import('./reading-commands.ts')).defineTrades(...to),
  },
  {
    name: 'attribution',
    description: 'judge every version by its own trades',
    define: async (...to) => (await import('./reading-commands.ts')).defineAttribution(...to),
  },
  {
    name: 'audit',
    description: 'recompute the invariants from the database and name every row that breaks one',
    define: async (...to) => (await import('./reading-commands.ts')).defineAudit(...to),
  },
  {
    name: 'doctor',
    description: 'check that everything a desk needs is there',
    define: async (...to) => (await import('./reading-commands.ts')).defineDoctor(...to),
  },
  {
    name: 'replay',
    description: 'replay a strategy over recorded markets, through the same engine, risk and paper fills',
    define: async (...to) => (await import('./replay-command.ts')).defineReplay(...to),
  },
  {
    name: 'ctl',
    description: 'tell a running desk what to do, and wait for its answer',
    define: async (...to) => (await import('./ctl-command.ts')).defineCtl(...to),
  },
  {
    name: 'tape',
    description: 'recorded markets: import, look at, check, export',
    define: async (...to) => (await import('./tape-command.ts')).defineTape(...to),
  },
]

/** The command line. Resolves with the exit code: 0 done, 2 usage or configuration, 3 refused by safety, 1 else. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.done
  watchOutput()
  const program = new Command('baton')
    .description('A trading workstation whose bot never stops to take new code.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageLine(text)) })
    .showSuggestionAfterError()
  const wanted = commandIn(args)
  try {
    for (const { name, description, define } of COMMANDS) {
      const command = program.command(name).description(description).exitOverride()
      if (name === wanted)
        await define(command, (result) => {
          code = result
        })
    }
    await program.parseAsync([...args], { from: 'user' })
    return code === EXIT.done && outputFailed() ? EXIT.failed : code
  } catch (error) {
    return exitCodeOf(error, args.includes('--json'))
  }
}

/** The command that these arguments are for, or that help is asked about: the program has no options with values. */
function commandIn(args: readonly string[]): string | undefined {
  const [first, second] = args.filter((arg) => !arg.startsWith('-'))
  return first === 'help' ? second : first
}

/** One line: what is wrong, what may have been meant, where to look. */
function usageLine(text: string): string {
  const said = text
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.?\s*$/, '')
  return `baton: ${said}; see "baton --help"\n`
}

/** Says what went wrong, to a program that asked for JSON as JSON. */
function exitCodeOf(error: unknown, json: boolean): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done
  if (json) print(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
  if (error instanceof CommanderError) return EXIT.usage
  if (error instanceof UsageError) {
    complain(error.message)
    return EXIT.usage
  }
  complain(error instanceof Error ? error.message : String(error))
  return EXIT.failed
}
