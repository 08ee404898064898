import { Station } from '../app/station.ts'
import { summarise } from '../app/summary.ts'
import { Supervisor } from '../app/supervise.ts'
import { type DeskFlags, stationOptions } from './desk-options.ts'
import { EXIT, type ExitCode, money, print, printError, table, UsageError } from './output.ts'

/** `baton run`: runs a desk without a window for a limited time and prints a summary. */
export async function run(flags: DeskFlags & { readonly json?: boolean }): Promise<ExitCode> {
  const options = stationOptions(flags, 1, true)
  if (options.forMs === undefined && options.feed !== 'tape')
    throw new UsageError('--for is required: how long to run, in market time, such as --for 6h')
  const opened = await Station.open({ ...options, port: flags.port ?? 0 })
  if (!opened.ok) throw new UsageError(opened.error)
  const station = opened.value
  const { desk } = station
  const supervisor = new Supervisor(station)
  if (flags.json !== true) {
    for (const notice of desk.feed.notices) print(notice)
    if (station.api !== null) print(`The desk is at ${station.api.address}`)
  }
  if (desk.engine.state.trading === 'killed') {
    printError(
      `trading is killed (${desk.engine.state.killReason}); re-arm it first: baton ctl rearm --confirm REARM --reason …`,
    )
    await station.stop('trading is killed')
    return EXIT.refused
  }
  // The summary is read as soon as the run is over: a stop, also one during the start, closes the journal afterwards.
  await Promise.race([supervisor.start(), desk.life.done, supervisor.ended])
  await Promise.race([desk.life.done, supervisor.ended])
  const summary = desk.life.panicked === null ? summarise(desk) : null
  const { reason, clean } = await supervisor.end({ reason: 'the run is over', clean: true })
  const completed = clean && reason === 'the run is over' && summary !== null
  if (flags.json === true) print(JSON.stringify(completed ? summary : { ...summary, error: reason }))
  else if (summary !== null) printSummary(summary)
  if (completed) return EXIT.done
  printError(`the run stopped: ${reason}`)
  return EXIT.failed
}

function printSummary(summary: ReturnType<typeof summarise>): void {
  print(
    `${summary.cycles} cycles (${summary.missedCycles} missed), ${summary.decisions} decisions, ${summary.orders} orders, ` +
      `${summary.fills} fills, ${summary.settled} settled, ${summary.openPositions} open`,
  )
  print(
    `profit ${money(summary.pnlUsd * 1e6)} after ${money(summary.feesUsd * 1e6)} fees; decisions hash ${summary.decisionsHash}`,
  )
  print(
    table(
      ['version', 'trades', 'wins', 'P&L'],
      summary.versions.map(({ label, trades, wins, pnlUsd }) => [
        label,
        String(trades),
        String(wins),
        money(pnlUsd * 1e6),
      ]),
      new Set([1, 2, 3]),
    ),
  )
}
