import { SourceMap, type SourceMapPayload } from 'node:module'
import type { Diagnostic, SourcePlace } from '../../shared/domain/deployments.ts'

/** Position in the source of a position in the bundle; lines and columns count from 1. */
export function originalPosition(sourceMap: string, line: number, column: number): SourcePlace {
  const payload: SourceMapPayload = JSON.parse(sourceMap)
  const map = new SourceMap(payload)
  const entry = map.findEntry(line - 1, column - 1)
  if (!('originalSource' in entry)) return { file: 'bundle.js', line, column }
  return {
    file: entry.originalSource.replace(/^.*baton:baton$/, 'baton'),
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  }
}

/** The first position of the strategy's own code in a stack from its context. */
export function locateFailure(
  failure: { message: string; stack: string },
  sourceMap: string,
  entry: string,
): Diagnostic {
  const match = /bundle\.js:(\d+)(?::(\d+))?/.exec(failure.stack)
  if (match === null) return { file: entry, line: 1, column: 1, message: failure.message }
  return { ...originalPosition(sourceMap, Number(match[1]), Number(match[2] ?? 1)), message: failure.message }
}

/** Message of a fault as it is journaled: the place in the source, then what was thrown. */
export function faultMessage({ file, line, column, message }: Diagnostic): string {
  return `${file}:${line}:${column} ${message}`
}

/** The place in a message of {@link faultMessage}; null in the message of a fault without a place. */
export function placeOfFault(message: string): SourcePlace | null {
  const [, file, line, column] = /^(\S+\.ts):(\d+):(\d+) /.exec(message) ?? []
  return file === undefined ? null : { file, line: Number(line), column: Number(column) }
}
