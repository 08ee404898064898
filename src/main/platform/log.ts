import { join } from 'node:path'
import { destination, type Logger, pino } from 'pino'

export interface DeskLog {
  readonly line: Logger
  /** Puts what was logged on disk before the process ends, as far as the disk takes it. */
  flush(): void
}

/** The desk's log file, one JSON line an event, for whoever must find out later. The journal is the record; this is its echo. */
export function openLog(folder: string): DeskLog {
  const file = destination({ dest: join(folder, 'baton.log'), mkdir: true, sync: false })
  // A full disk must not end the desk: what the log cannot take is in the journal, and goes out with a later line.
  file.on('error', () => {})
  const flush = () => {
    try {
      file.flushSync()
    } catch {
      // The disk is full, or the file was never opened.
    }
  }
  return { line: pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, file), flush }
}
