import { join } from 'node:path'
import { destination, type Logger, pino } from 'pino'

/** The desk's log file, one JSON line an event, for whoever must find out later. The journal is the record; this is its echo. */
export function openLog(folder: string): Logger {
  const file = destination({ dest: join(folder, 'baton.log'), mkdir: true, sync: false })
  // A full disk must not end the desk: what the log cannot take is in the journal, and goes out with a later line.
  file.on('error', () => {})
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, file)
}
