import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { recordKey } from './attribution-store.ts'
import type { DeskModel } from './desk-model.ts'
import { shownDeployment } from './proof-store.ts'

/** Freezes or unfreezes deployments, with the other command as undo. */
export function toggleFreeze(model: DeskModel): void {
  const frozen = model.desk.getState().status?.deploys === 'frozen'
  const freeze = { kind: 'freeze', reason: 'frozen at the desk' } as const
  const unfreeze = { kind: 'unfreeze', reason: 'undone at the desk' } as const
  void (frozen ? model.command(unfreeze, freeze) : model.command(freeze, unfreeze))
}

/** Pauses or resumes entries, with the other command as undo. Refused while the desk is killed. */
export function togglePause(model: DeskModel): void {
  const trading = model.desk.getState().status?.trading
  if (trading === 'killed') {
    model.notify('refused', 'The desk is killed. Re-arm it first.')
    return
  }
  const pause = { kind: 'pause', reason: 'paused at the desk' } as const
  const resume = { kind: 'resume' } as const
  void (trading === 'paused' ? model.command(resume, pause) : model.command(pause, resume))
}

/** Pauses entries in one slot. */
export function pauseSlot(model: DeskModel, slot: SlotId): void {
  void model.command({ kind: 'pause', slot, reason: 'paused at the desk' }, { kind: 'resume', slot })
}

export function resumeSlot(model: DeskModel, slot: SlotId): void {
  void model.command({ kind: 'resume', slot }, { kind: 'pause', slot, reason: 'paused at the desk' })
}

/** Pauses entries of one strategy. */
export function pauseStrategy(model: DeskModel, strategy: string): void {
  void model.command({ kind: 'pause', strategy, reason: 'paused at the desk' }, { kind: 'resume', strategy })
}

export function resumeStrategy(model: DeskModel, strategy: string): void {
  void model.command({ kind: 'resume', strategy }, { kind: 'pause', strategy, reason: 'paused at the desk' })
}

/** Turns single-letter keys on or off in this browser. */
export function toggleSingleKeys(model: DeskModel): void {
  const on = !model.ui.getState().singleKeys
  model.setSingleKeys(on)
  model.notify(
    'done',
    on
      ? 'Single keys are on: F, P, D and M act while the top bar or the slots have the focus.'
      : 'Single keys are off.',
  )
}

/** Kills at once, without confirmation. */
export function kill(model: DeskModel, positions: 'hold' | 'flatten' = 'hold'): void {
  void model.command({ kind: 'kill', positions, reason: 'killed at the desk' })
}

export function openRearmDialog(model: DeskModel): void {
  model.ui.setState({ dialog: { kind: 'rearm' }, paletteOpen: false })
}

/** Makes a version live again that was once kept; policy does not apply. @param hash default: the last one kept */
export function rollBack(model: DeskModel, strategy: string, hash?: string): void {
  void model.command(hash === undefined ? { kind: 'rollback', strategy } : { kind: 'rollback', strategy, to: hash })
}

/** Deploys a stored version through every step, independent of the current files. */
export function deployStored(model: DeskModel, { strategy, hash }: { strategy: string; hash: string }): void {
  void model.command({ kind: 'reload', strategy, hash, stored: true })
}

/** Deploys the current files of a strategy, also when an attempt with the same files has failed. */
export function reloadFiles(model: DeskModel, strategy: string): void {
  void model.command({ kind: 'reload', strategy })
}

export function assignSlot(model: DeskModel, slot: SlotId, strategy: string): void {
  void model.command({ kind: 'assign', slot, strategy, reason: 'assigned at the desk' })
}

export function openAssignDialog(model: DeskModel, strategy: string): void {
  model.ui.setState({ paletteOpen: false, dialog: { kind: 'assign', strategy } })
}

/** Overrides the policy that a deployment waits for, with a reason. */
export function openOverrideDialog(model: DeskModel, strategy: string, hash: string, label: string): void {
  model.ui.setState({
    dialog: {
      kind: 'reason',
      title: `Override the policy for ${label}`,
      explain: 'The reason is journaled and shown with the results of this version.',
      action: 'Override',
      command: (reason) => ({ kind: 'reload', strategy, hash, override: reason, reason }),
    },
  })
}

/** Freezes or pauses with a reason that the user types. */
export function openReasonDialog(model: DeskModel, kind: 'freeze' | 'pause'): void {
  model.ui.setState({
    paletteOpen: false,
    dialog: {
      kind: 'reason',
      title: kind === 'freeze' ? 'Freeze deployments' : 'Pause trading',
      explain:
        kind === 'freeze'
          ? 'Live versions keep trading; no new version goes live until deployments are unfrozen.'
          : 'No new entries; open positions stay with their owners.',
      action: kind === 'freeze' ? 'Freeze' : 'Pause',
      command: (reason) => ({ kind, reason }),
    },
  })
}

/** Writes off a position whose window can never be settled, with a reason. */
export function openVoidDialog(model: DeskModel, position: string, slot: SlotId): void {
  model.ui.setState({
    paletteOpen: false,
    dialog: {
      kind: 'reason',
      title: `Void ${position} in ${slot}`,
      explain: 'Prices for its outcome are missing. Its cost is written off and counts in no result. There is no undo.',
      action: 'Void',
      command: (reason) => ({ kind: 'void', position, reason }),
    },
  })
}

/** Compares a stored version's source with the current files. */
export function compareVersion(model: DeskModel, version: { hash: string; label: string; strategy: string }): void {
  const { hash, label, strategy } = version
  model.ui.setState({ compare: { hash, label, strategy }, tab: 'editor', paletteOpen: false })
}

/** Lists the trades of one version. */
export function showTrades(model: DeskModel, hash: string): void {
  model.ledgerActions.filterTrades(hash)
  model.ui.setState({ tab: 'trades' })
}

/** Compares trades before and after a deployment. */
export function showBeforeAfter(model: DeskModel, { version, from, swappedAt }: DeploymentRow): void {
  const market = model.desk.getState().status?.market
  if (version === null || from === null) return
  model.attributionActions.show({ grouping: 'version', period: 'all', search: '' })
  model.attributionActions.compare(recordKey({ of: { version: version.hash, market } }), from.hash, swappedAt)
  model.ui.setState({ tab: 'attribution' })
}

/** The candidate that waits for a reload: the one shown, else the newest. */
export function candidateToReload(deployments: readonly DeploymentRow[], picked: string | null): DeploymentRow | null {
  const isWaiting = (row: DeploymentRow | undefined): boolean =>
    row !== undefined && row.version !== null && (row.state === 'waiting' || row.state === 'detected')
  const shown = shownDeployment(deployments, picked)
  return (isWaiting(shown) ? shown : deployments.find(isWaiting)) ?? null
}

/** Makes a proved candidate live, by its hash, so that a version saved since cannot go live instead. */
export function reloadCandidate(model: DeskModel, row: DeploymentRow): void {
  if (row.version === null) return
  void model.command({ kind: 'reload', strategy: row.strategy, hash: row.version.hash })
}

/** Runs a waiting candidate beside the live version with paper fills. */
export function shadowCandidate(model: DeskModel, row: DeploymentRow): void {
  if (row.version === null) return
  void model.command({ kind: 'reload', strategy: row.strategy, hash: row.version.hash, as: 'shadow' })
}

const CANARY =
  'It trades a part of the slots or stake with money; the live version keeps the rest, and what is open in those slots.'

/** Makes a waiting candidate or a shadow a canary. */
export function openCanaryDialog(model: DeskModel, row: DeploymentRow): void {
  const { version, strategy } = row
  if (version === null) return
  model.ui.setState({
    dialog: {
      kind: 'canary',
      title: `${version.label} as a canary`,
      explain: CANARY,
      strategy,
      command: (part) => ({ kind: 'promote', strategy, hash: version.hash, ...part }),
    },
  })
}

/** Deploys the current files of a strategy as a canary. */
export function openFilesCanaryDialog(model: DeskModel, strategy: string): void {
  model.ui.setState({
    paletteOpen: false,
    dialog: {
      kind: 'canary',
      title: `${strategy}.ts as a canary`,
      explain: CANARY,
      strategy,
      command: (part) => ({ kind: 'reload', strategy, ...part }),
    },
  })
}

/** Lets a shadow or a canary go live, subject to policy. */
export function promoteCandidate(model: DeskModel, row: DeploymentRow): void {
  if (row.version === null) return
  void model.command({ kind: 'promote', strategy: row.strategy, hash: row.version.hash })
}

/** Ends the deployment of a candidate or a canary. */
export function dismissCandidate(model: DeskModel, { strategy, version }: DeploymentRow): void {
  const hash = version === null ? {} : { hash: version.hash }
  void model.command({ kind: 'dismiss', strategy, ...hash, reason: 'dismissed at the desk' })
}

/** Sells a position at the bids of the book. */
export function closePosition(model: DeskModel, position: string): void {
  void model.command({ kind: 'close', position, reason: 'closed at the desk' })
}

/** Shows the tab with the decision differences of the shown proof. */
export function showDifferences(model: DeskModel): void {
  model.ui.setState({ tab: 'differences', paletteOpen: false })
}

/** Shows a difference on the live chart, in longer candles where those of one minute do not reach back to it. */
export function showDifference(model: DeskModel, item: DecisionDifference): void {
  model.replayActions.backToLive()
  model.proofActions.choose(item)
  const { data, frame } = model.chart.getState()
  const first = data?.candles[0]?.[0]
  const tooOld = frame === '1m' && data?.frame === '1m' && first !== undefined && item.ts < first
  model.showChart(item.slot, tooOld ? (item.slot.endsWith('-15m') ? '15m' : '5m') : frame)
}

export function openReplayTab(model: DeskModel, strategy: string): void {
  model.replayActions.edit({ strategy })
  model.ui.setState({ tab: 'replay', paletteOpen: false })
}

/** Shows the live market on the chart again. @returns false when it was shown already */
export function backToLive(model: DeskModel): boolean {
  const isReplay = model.replay.getState().onChart !== null
  if (!isReplay && model.proof.getState().chosen === null) return false
  model.replayActions.backToLive()
  model.proofActions.choose(null)
  return true
}
