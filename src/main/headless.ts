import { Station, type StationOptions } from './app/station.ts'
import { Supervisor } from './app/supervise.ts'
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
  const supervisor = new Supervisor(station)
  if (station.lastEnd !== null) print(`Last time: ${station.lastEnd}`)
  await Promise.race([station.start(), supervisor.ended])
  for (const notice of station.desk.feed.notices) print(notice)
  print(`Home folder ${options.home.folder}, strategies ${options.home.strategies}`)
  if (station.api !== null) print(`The desk is at ${station.api.address}`)
  for (const alert of station.desk.hub.status().alerts) complain(alert)
  const { reason, clean } = await supervisor.ended
  // The last line: whoever finds the terminal later learns that it is down, and why.
  if (clean) print(`The desk is down: ${reason}`)
  else complain(`the desk is down: ${reason}`)
  return clean ? EXIT.done : EXIT.failed
}
