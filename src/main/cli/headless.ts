import { Station, type StationOptions } from '../app/station.ts'
import { Supervisor } from '../app/supervise.ts'
import { HostWait } from './host-wait.ts'
import { EXIT, type ExitCode, print, printError } from './output.ts'

/**
 * Runs the desk without Electron until it is stopped; serves its window to a browser over HTTP on loopback. While hosts of its
 * market cannot be used, it waits for them.
 * @param why why there is no desktop window; null when none was requested
 */
export async function runHeadless(options: StationOptions, why: string | null): Promise<ExitCode> {
  const wait = new HostWait(options.clock, printError)
  const opened = await Station.open({ ...options, tryAgain: wait.tryAgain })
  const signal = wait.end()
  if (signal !== null) {
    if (opened.ok) await opened.value.stop(`stopped by ${signal}`)
    print(`The desk is down: stopped by ${signal} while it waited for its hosts`)
    return EXIT.done
  }
  if (!opened.ok) {
    printError(opened.error)
    return EXIT.usage
  }
  const station = opened.value
  if (why !== null) print(`${why}; the window is served to a browser instead.`)
  const supervisor = new Supervisor(station)
  if (station.lastEnd !== null) print(`Last time: ${station.lastEnd}`)
  await Promise.race([supervisor.start(), supervisor.ended])
  for (const notice of station.desk.feed.notices) print(notice)
  print(`Home folder ${options.home.folder}, strategies ${options.home.strategies}`)
  if (station.api !== null) print(`The desk is at ${station.api.address}`)
  for (const alert of station.desk.hub.status().alerts) printError(alert)
  const { reason, clean } = await supervisor.ended
  // Printed last, so that the terminal shows that the desk is down, and why.
  if (clean) print(`The desk is down: ${reason}`)
  else printError(`the desk is down: ${reason}`)
  return clean ? EXIT.done : EXIT.failed
}
