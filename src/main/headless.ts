import { Station, type StationOptions } from './app/station.ts'
import { complain, EXIT, type ExitCode, print } from './cli/output.ts'

/**
 * The desk without Electron: the same engine, the same window in a browser, over HTTP on loopback.
 * Runs until it is told to stop.
 * @param why why there is no window of its own, for a person; null when nobody asked for one
 */
export async function runHeadless(options: StationOptions, why: string | null): Promise<ExitCode> {
  const opened = await Station.open(options)
  if (!opened.ok) {
    complain(opened.error)
    return EXIT.usage
  }
  const station = opened.value
  if (why !== null) print(`${why}; the desk is served to a browser instead.`)
  const stopped = new Promise<ExitCode>((resolve) => {
    const stop = (code: ExitCode) => {
      void station.stop().then(() => resolve(code))
    }
    process.once('SIGINT', () => stop(EXIT.done))
    process.once('SIGTERM', () => stop(EXIT.done))
    void station.desk.done.then(() => {
      if (station.desk.panicked !== null) {
        complain(`trading stopped: ${String(station.desk.panicked)}`)
        stop(EXIT.failed)
      }
    })
  })
  await station.start()
  for (const notice of station.desk.feed.notices) print(notice)
  print(`Home folder ${options.home.folder}, strategies ${options.home.strategies}`)
  if (station.api !== null) print(`The desk is at ${station.api.address}`)
  return stopped
}
