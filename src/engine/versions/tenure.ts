import { addUsd, NO_USD, subUsd, type Usd } from '../../shared/domain/money.ts'
import type { Position, Tenure } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { EngineState, SlotState, VersionRecord } from '../state.ts'
import { assignedVersion } from './assignment.ts'

/** A version's record from its swap on; the losing run is its strategy's, so that a swap does not end it. */
export function newTenure(since: UnixMs, before: Tenure | undefined): Tenure {
  return {
    since,
    windows: 0,
    trades: 0,
    wins: 0,
    pnl: NO_USD,
    peak: NO_USD,
    drawdown: NO_USD,
    faults: 0,
    late: 0,
    rejected: 0,
    lossesInRow: before?.lossesInRow ?? 0,
    lastLossAt: before?.lastLossAt ?? null,
    lastWinAt: before?.lastWinAt ?? null,
  }
}

/** A window of a slot has settled: counts for the version in charge if it has had all of it. */
export function countWindow(state: EngineState, slot: SlotState, windowStart: number): VersionRecord | undefined {
  const version = assignedVersion(state, slot)
  if (version === undefined || windowStart < version.tenure.since) return undefined
  version.tenure.windows++
  return version
}

/**
 * A position is over, by settlement or by sale: counts for the deployment that opened it, and for its strategy's run.
 * @param when `again`: it was counted and has come to something else since, so it ends no run that began after it
 */
export function countTrade(
  state: EngineState,
  position: Position,
  when: 'first' | 'again' = 'first',
): VersionRecord | undefined {
  const opener = position.openedBy === 'desk' ? undefined : state.versions.get(position.openedBy)
  if (opener === undefined) return undefined
  const profit = subUsd(position.realised, position.fees)
  countRun(state, opener.strategy, profit, when)
  if (position.deployment !== opener.deployment) return undefined
  const { tenure } = opener
  tenure.trades++
  if (profit > 0) tenure.wins++
  tenure.pnl = addUsd(tenure.pnl, profit)
  if (tenure.pnl > tenure.peak) tenure.peak = tenure.pnl
  const fall: Usd = subUsd(tenure.peak, tenure.pnl)
  if (fall > tenure.drawdown) tenure.drawdown = fall
  return opener
}

/**
 * Takes back a trade that was counted and turns out to be open, or to have come to something else. A loss leaves the run that
 * it is part of. The deepest fall stays as it was found: it may not have been what it seemed, and it is a bound; so does a
 * run that a win ended.
 * @param profit after fees, as it was counted
 */
export function uncountTrade(state: EngineState, position: Position, profit: Usd): void {
  const opener = position.openedBy === 'desk' ? undefined : state.versions.get(position.openedBy)
  if (opener === undefined) return
  const run = runOf(state, opener.strategy)
  const ofRun = run !== undefined && (run.lastWinAt ?? Number.NEGATIVE_INFINITY) < (position.settledAt ?? 0)
  if (profit < 0 && ofRun && run.lossesInRow > 0) run.lossesInRow--
  if (position.deployment !== opener.deployment) return
  const { tenure } = opener
  tenure.trades--
  if (profit > 0) tenure.wins--
  tenure.pnl = subUsd(tenure.pnl, profit)
}

function runOf(state: EngineState, strategy: string): Tenure | undefined {
  const hash = state.live.get(strategy)
  return hash === undefined ? undefined : state.versions.get(hash)?.tenure
}

function countRun(state: EngineState, strategy: string, profit: Usd, when: 'first' | 'again'): void {
  const run = runOf(state, strategy)
  if (run === undefined) return
  if (profit < 0) {
    run.lossesInRow++
    run.lastLossAt = state.now
  } else if (when === 'first') {
    run.lossesInRow = 0
    run.lastWinAt = state.now
  }
}
