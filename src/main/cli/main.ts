import { Command, CommanderError } from 'commander'
import { messageOf } from '../../shared/domain/base.ts'
import { EXIT, type ExitCode, type Finish, outputFailed, print, printError, UsageError, watchOutput } from './output.ts'

/** A command of the program. Its options are defined only when it is called, so that the others are not loaded. */
interface ListedCommand {
  readonly name: string
  readonly description: string
  /** Adds arguments, options, subcommands and the action. */
  readonly define: (command: Command, finish: Finish) => Promise<void>
}

const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'desk',
    description: 'run a desk and serve its window to a browser',
    define: async (...args) => (await import('./desk-commands.ts')).defineDesk(...args),
  },
  {
    name: 'run',
    description: 'run a desk without a window for a limited time and print a summary',
    define: async (...args) => (await import('./desk-commands.ts')).defineRun(...args),
  },
  {
    name: 'versions',
    description: 'list the versions of every strategy with their results',
    define: async (...args) => (await import('./list-commands.ts')).defineVersions(...args),
  },
  {
    name: 'deployments',
    description: 'list deployments with their steps',
    define: async (...args) => (await import('./list-commands.ts')).defineDeployments(...args),
  },
  {
    name: 'trades',
    description: 'list trades',
    define: async (...args) => (await import('./list-commands.ts')).defineTrades(...args),
  },
  {
    name: 'attribution',
    description: 'show the results of every version from its own trades',
    define: async (...args) => (await import('./list-commands.ts')).defineAttribution(...args),
  },
  {
    name: 'audit',
    description: 'check the invariants against the database and list every row that breaks one',
    define: async (...args) => (await import('./list-commands.ts')).defineAudit(...args),
  },
  {
    name: 'doctor',
    description: 'check everything that a desk needs',
    define: async (...args) => (await import('./list-commands.ts')).defineDoctor(...args),
  },
  {
    name: 'replay',
    description: 'replay a strategy over tape with the same engine, risk rules and paper fills',
    define: async (...args) => (await import('./replay-command.ts')).defineReplay(...args),
  },
  {
    name: 'ctl',
    description: 'send a command to a running desk and wait for its outcome',
    define: async (...args) => (await import('./ctl-command.ts')).defineCtl(...args),
  },
  {
    name: 'venue',
    description: 'ask the real hosts of a venue',
    define: async (...args) => (await import('./venue-command.ts')).defineVenue(...args),
  },
  {
    name: 'secrets',
    description: 'store API credentials, encrypted',
    define: async (...args) => (await import('./secrets-command.ts')).defineSecrets(...args),
  },
  {
    name: 'tape',
    description: 'tapes: import, inspect, verify, export',
    define: async (...args) => (await import('./tape-command.ts')).defineTape(...args),
  },
]

/** Runs the command line. @returns the exit code: 0 done, 2 usage or configuration, 3 refused, 1 any other failure */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.done
  watchOutput()
  const program = new Command('baton')
    .description('A trading workstation whose bot never stops to take new code.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageLine(text)) })
    .showSuggestionAfterError()
  const called = commandIn(args)
  try {
    for (const { name, description, define } of COMMANDS) {
      const command = program.command(name).description(description).exitOverride()
      if (name === called)
        await define(command, (result) => {
          code = result
        })
    }
    await program.parseAsync([...args], { from: 'user' })
    return code === EXIT.done && outputFailed() ? EXIT.failed : code
  } catch (error) {
    return reportError(error, args.includes('--json'))
  }
}

/** The command in the arguments, or the one after `help`. The program itself has no options with values. */
function commandIn(args: readonly string[]): string | undefined {
  const [first, second] = args.filter((arg) => !arg.startsWith('-'))
  return first === 'help' ? second : first
}

/** Commander's error as one line. */
function usageLine(text: string): string {
  const line = text
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.?\s*$/, '')
  return `baton: ${line}; see "baton --help"\n`
}

/** Prints an error, also as JSON where --json was given. @returns its exit code */
function reportError(error: unknown, json: boolean): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done
  if (json) print(JSON.stringify({ error: messageOf(error) }))
  if (error instanceof CommanderError) return EXIT.usage
  if (error instanceof UsageError) {
    printError(error.message)
    return EXIT.usage
  }
  printError(messageOf(error))
  return EXIT.failed
}
