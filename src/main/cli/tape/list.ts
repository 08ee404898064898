import { reportLines } from '../../../shared/file-report.ts'
import { listTapes } from '../../tape/library.ts'
import { lostText } from '../../tape/segment-header.ts'
import { damageText, readSegment, type Segment } from '../../tape/segment-reader.ts'
import { EXIT, type ExitCode, iso, print, printError, table } from '../output.ts'
import { filesOf, size, type TapeFlags, tapeFolder } from './tape-files.ts'

/** `baton tape ls`: lists the home's tape folder, including damaged files. */
export function list(flags: TapeFlags): ExitCode {
  const library = listTapes(tapeFolder(flags))
  if (flags.json === true) {
    print(JSON.stringify(library))
    return EXIT.done
  }
  const { recordings, damaged } = library
  if (recordings.length === 0 && damaged.length === 0) print(`No tape in ${tapeFolder(flags)}.`)
  if (recordings.length > 0) {
    const rows = recordings.map((recording) => [
      recording.name,
      recording.imported ? 'imported' : 'own',
      iso(recording.firstTs),
      iso(recording.lastTs),
      String(recording.files.length),
      String(recording.records),
      size(recording.bytes),
    ])
    print(table(['tape', 'origin', 'from', 'to', 'files', 'records', 'size'], rows, new Set([4, 5, 6])))
  }
  for (const { name, imported, files, gaps } of recordings) {
    const first = files[0]?.segment ?? 0
    if (first > 0 && !imported) print(`${name}: begins with segment ${first}; older segments were deleted`)
    for (const { text } of gaps) print(`${name}: ${text}`)
  }
  for (const { error } of damaged) print(`damaged: ${error}`)
  return EXIT.done
}

/** `baton tape info`: header, period, blocks and import reports of one tape. */
export function info(name: string, flags: TapeFlags): ExitCode {
  const segments: Segment[] = []
  for (const path of filesOf(name, flags)) {
    const segment = readSegment(path)
    if (!segment.ok) {
      printError(damageText(segment.error))
      return EXIT.failed
    }
    segments.push(segment.value)
  }
  if (flags.json === true) print(JSON.stringify(segments.map(summaryOf)))
  else for (const segment of segments) print(linesOf(segment).join('\n'))
  return EXIT.done
}

function summaryOf(segment: Segment) {
  const { path, bytes, records, firstSeq, nextSeq, firstTs, lastTs, report, header, blocks } = segment
  return { path, bytes, records, firstSeq, nextSeq, firstTs, lastTs, blocks: blocks.length, report, header }
}

function linesOf(segment: Segment): string[] {
  const { path, bytes, header, records, firstTs, lastTs, blocks, report } = segment
  const { sealed, torn, holes } = report
  const { lost } = header
  return [
    `${path}: ${header.origin === 'desk' ? 'own recording' : 'imported'}, recording ${header.session}, segment ${header.segment}`,
    `  made ${iso(header.createdAt)} by ${header.engineBuild}`,
    `  ${records} records in ${blocks.length} blocks, ${size(bytes)}, ${iso(firstTs)} to ${iso(lastTs)}`,
    `  market ${header.market}, feed ${header.feed}, settlement ${header.settlement}`,
    `  assets ${header.assets.join(' ') || '–'}, slots ${header.slots.join(' ') || '–'}`,
    ...header.notices.map((notice) => `  note: ${notice}`),
    ...(lost === undefined ? [] : [`  ${lostText(lost)} before it could not be written`]),
    ...(torn === null ? [] : [`  ends in an incomplete block of ${torn.bytes} bytes at byte ${torn.offset}`]),
    ...(sealed || torn !== null ? [] : ['  has no end: it is still being written, or its writer was stopped']),
    ...holes.map((hole) => `  lacks records ${hole.fromSeq} to ${hole.toSeq - 1}`),
    ...(header.sources ?? []).flatMap(reportLines).map((line) => `  ${line}`),
  ]
}
