import { addUsd, NO_USD, subUsd, type Usd } from '../../shared/domain/money.ts'
import type { Position, Tenure } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { SlotState, VersionRecord } from '../slot-state.ts'
import type { EngineState } from '../state.ts'
import { assignedVersion } from './assignment.ts'

/** A fresh tenure. The losing run belongs to the strategy, so it carries over from the previous version. */
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

/** Counts a settled window for the version that trades the slot, if it did so for the whole window. */
export function countWindow(state: EngineState, slot: SlotState, windowStart: number): VersionRecord | undefined {
  const version = assignedVersion(state, slot)
  if (version === undefined || windowStart < version.tenure.since) return undefined
  version.tenure.windows++
  return version
}

/**
 * Counts a settled or sold position for the deployment that opened it and for its strategy's losing run.
 * @param when `again`: its result has changed since it was counted, so it does not end a losing run that began after it
 */
export function countTrade(
  state: EngineState,
  position: Position,
  when: 'first' | 'again' = 'first',
): VersionRecord | undefined {
  const opener = position.openedBy === 'desk' ? undefined : state.versions.get(position.openedBy)
  if (opener === undefined) return undefined
  const profit = subUsd(position.realised, position.fees)
  updateLosingRun(state, opener.strategy, profit, when)
  if (position.deployment !== opener.deployment) return undefined
  const { tenure } = opener
  tenure.trades++
  if (profit > 0) tenure.wins++
  tenure.pnl = addUsd(tenure.pnl, profit)
  if (tenure.pnl > tenure.peak) tenure.peak = tenure.pnl
  const drawdown: Usd = subUsd(tenure.peak, tenure.pnl)
  if (drawdown > tenure.drawdown) tenure.drawdown = drawdown
  return opener
}

/**
 * Reverts `countTrade` for a trade that was reopened or whose result changed. A loss is removed from the current losing run.
 * The maximum drawdown is left as it is, as an upper bound, and a losing run that a win ended is not restored.
 * @param profit after fees, as it was counted
 */
export function uncountTrade(state: EngineState, position: Position, profit: Usd): void {
  const opener = position.openedBy === 'desk' ? undefined : state.versions.get(position.openedBy)
  if (opener === undefined) return
  const run = losingRunOf(state, opener.strategy)
  const isInRun = run !== undefined && (run.lastWinAt ?? Number.NEGATIVE_INFINITY) < (position.settledAt ?? 0)
  if (profit < 0 && isInRun && run.lossesInRow > 0) run.lossesInRow--
  if (position.deployment !== opener.deployment) return
  const { tenure } = opener
  tenure.trades--
  if (profit > 0) tenure.wins--
  tenure.pnl = subUsd(tenure.pnl, profit)
}

function losingRunOf(state: EngineState, strategy: string): Tenure | undefined {
  const hash = state.live.get(strategy)
  return hash === undefined ? undefined : state.versions.get(hash)?.tenure
}

function updateLosingRun(state: EngineState, strategy: string, profit: Usd, when: 'first' | 'again'): void {
  const run = losingRunOf(state, strategy)
  if (run === undefined) return
  if (profit < 0) {
    run.lossesInRow++
    run.lastLossAt = state.now
  } else if (when === 'first') {
    run.lossesInRow = 0
    run.lastWinAt = state.now
  }
}
