import { type Command, InvalidArgumentError } from 'commander'
import type { Side } from '../../shared/domain/slots.ts'
import { EXPORT_KINDS, type ExportKind } from '../tape/export.ts'
import type { Finish } from './output.ts'
import { addHomeOptions, parseDate } from './parsers.ts'
import type { ExportFlags } from './tape/export.ts'
import type { ImportFlags } from './tape/import.ts'
import type { SettleFlags } from './tape/settle.ts'
import type { TapeFlags } from './tape/tape-files.ts'
import type { RepairFlags, VerifyFlags } from './tape/verify.ts'

const TAPE = 'a file, or a name from "tape ls"'

/** The subcommands of `tape`. */
export function defineTape(group: Command, finish: Finish): void {
  const add = (name: string, description: string) =>
    addHomeOptions(group.command(name)).description(description).exitOverride().option('--json', 'print JSON')

  add('import', 'import recorded files of any supported kind as a tape, and report what was skipped')
    .argument('<file...>', 'recorded files, or folders of them')
    .option('--out <file>', "tape to write (default: in the home's tape/imported)")
    .option('--side <side>', 'token of books without a label: up or down', parseSide)
    .action(async (files: string[], flags: ImportFlags) => {
      const { importFiles } = await import('./tape/import.ts')
      finish(await importFiles(files, flags))
    })
  add('ls', 'list tapes').action(async (flags: TapeFlags) => {
    const { list } = await import('./tape/list.ts')
    finish(list(flags))
  })
  add('info', 'describe a tape')
    .argument('<tape>', TAPE)
    .action(async (name: string, flags: TapeFlags) => {
      const { info } = await import('./tape/list.ts')
      finish(info(name, flags))
    })
  add('verify', 'check a whole tape; exit code 1 if it is damaged')
    .argument('[tape...]', `${TAPE} (default: all)`)
    .option('--decisions', "replay the desk's own recordings and compare every decision")
    .option('--from <date>', 'only files that end at or after this time', parseDate)
    .option('--to <date>', 'only files that begin before this time', parseDate)
    .action(async (names: string[], flags: VerifyFlags) => {
      const { verify } = await import('./tape/verify.ts')
      finish(verify(names, flags))
    })
  add('repair', 'copy the undamaged parts of a tape, and list the lost ones')
    .argument('<tape>', TAPE)
    .requiredOption('--out <file>', 'tape to write')
    .action(async (name: string, flags: RepairFlags) => {
      const { repair } = await import('./tape/verify.ts')
      finish(repair(name, flags))
    })
  add('export', 'print the records of a tape')
    .argument('<tape>', TAPE)
    .requiredOption('--format <format>', 'jsonl or csv', parseFormat)
    .option('--kind <kind>', EXPORT_KINDS.join(', '), parseKind)
    .option('--from <date>', 'from this time on', parseDate)
    .option('--to <date>', 'before this time', parseDate)
    .option('--out <file>', 'write to a new file')
    .action(async (name: string, flags: ExportFlags) => {
      const { exportTape } = await import('./tape/export.ts')
      finish(await exportTape(name, flags))
    })
  add('settle', 'compute strikes and outcomes from the settlement feed and compare them with the official ones')
    .requiredOption('--markets <file>', 'file of windows, JSON Lines')
    .requiredOption('--prices <file>', 'settlement feed, CSV')
    .action(async (flags: SettleFlags) => {
      const { settle } = await import('./tape/settle.ts')
      finish(await settle(flags))
    })
}

function parseSide(text: string): Side {
  if (text === 'up' || text === 'down') return text
  throw new InvalidArgumentError('expected up or down')
}

function parseFormat(text: string): 'jsonl' | 'csv' {
  if (text === 'jsonl' || text === 'csv') return text
  throw new InvalidArgumentError('expected jsonl or csv')
}

function parseKind(text: string): ExportKind {
  const kind = EXPORT_KINDS.find((known) => known === text)
  if (kind !== undefined) return kind
  throw new InvalidArgumentError(`expected one of ${EXPORT_KINDS.join(', ')}`)
}
