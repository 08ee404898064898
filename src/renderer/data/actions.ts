import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { recordKey } from './attribution-store.ts'
import { shownDeployment } from './proof-store.ts'
import type { DeskModel } from './desk-model.ts'

/** Freezes deployments, or undoes it: the same key does both, and so does the undo beside the answer. */
export function toggleFreeze(model: DeskModel): void {
  const frozen = model.desk.getState().status?.deploys === 'frozen'
  const freeze = { kind: 'freeze', reason: 'frozen at the desk' } as const
  const unfreeze = { kind: 'unfreeze', reason: 'undone at the desk' } as const
  void (frozen ? model.command(unfreeze, freeze) : model.command(freeze, unfreeze))
}

/** Pauses entries, or resumes: the same key does both, and so does the undo. A kill is not undone by it. */
export function togglePause(model: DeskModel): void {
  const trading = model.desk.getState().status?.trading
  if (trading === 'killed') {
    model.notify('refused', 'The desk is killed: only Re-arm lets orders leave again.')
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

/** Turns keys that are one letter off, or on again, in this browser. */
export function toggleSingleKeys(model: DeskModel): void {
  const on = !model.ui.getState().singleKeys
  model.setSingleKeys(on)
  model.notify(
    'done',
    on ? 'F, P, D and M act where the top bar or the slots have the focus.' : 'F, P, D and M do nothing now.',
  )
}

/** Kills at once, without asking. */
export function kill(model: DeskModel, positions: 'hold' | 'flatten' = 'hold'): void {
  void model.command({ kind: 'kill', positions, reason: 'killed at the desk' })
}

/** Opens the dialog that re-arms a killed desk. */
export function openRearmDialog(model: DeskModel): void {
  model.ui.setState({ ask: { kind: 'rearm' }, paletteOpen: false })
}

/** Makes a version that was once kept live again; policy never blocks that. */
export function rollBack(model: DeskModel, strategy: string, hash?: string): void {
  void model.command(hash === undefined ? { kind: 'rollback', strategy } : { kind: 'rollback', strategy, to: hash })
}

/** Deploys a stored version through every step, whatever the file says now. */
export function deployStored(model: DeskModel, { strategy, hash }: { strategy: string; hash: string }): void {
  void model.command({ kind: 'reload', strategy, hash, stored: true })
}

/** Deploys what the files of a strategy say now: also once more, where the last attempt failed. */
export function reloadFiles(model: DeskModel, strategy: string): void {
  void model.command({ kind: 'reload', strategy })
}

/** Gives a slot to a strategy. */
export function assignSlot(model: DeskModel, slot: SlotId, strategy: string): void {
  void model.command({ kind: 'assign', slot, strategy, reason: 'assigned at the desk' })
}

/** Asks which slot a strategy gets. */
export function openAssignDialog(model: DeskModel, strategy: string): void {
  model.ui.setState({ paletteOpen: false, ask: { kind: 'assign', strategy } })
}

/** Asks for the reason that overrides the policy a deployment waits for. */
export function openOverrideDialog(model: DeskModel, strategy: string, hash: string, label: string): void {
  model.ui.setState({
    ask: {
      kind: 'reason',
      title: `Override the policy for ${label}`,
      explain: 'The reason is journaled and stays beside the figures of this version.',
      action: 'Override',
      command: (reason) => ({ kind: 'reload', strategy, hash, override: reason, reason }),
    },
  })
}

/** Freeze or pause with words of one's own. */
export function openReasonDialog(model: DeskModel, kind: 'freeze' | 'pause'): void {
  model.ui.setState({
    paletteOpen: false,
    ask: {
      kind: 'reason',
      title: kind === 'freeze' ? 'Freeze deployments' : 'Pause trading',
      explain:
        kind === 'freeze'
          ? 'The live versions go on; no new version goes live until it is unfrozen.'
          : 'No new entries; open positions stay with their owners.',
      action: kind === 'freeze' ? 'Freeze' : 'Pause',
      command: (reason) => ({ kind, reason }),
    },
  })
}

/** Writes a position off whose window can never be settled: only with a reason. */
export function openVoidDialog(model: DeskModel, position: string, slot: SlotId): void {
  model.ui.setState({
    paletteOpen: false,
    ask: {
      kind: 'reason',
      title: `Void ${position} in ${slot}`,
      explain: 'Prices for its outcome are missing. Its cost is written off; it counts in no figure. There is no undo.',
      action: 'Void',
      command: (reason) => ({ kind: 'void', position, reason }),
    },
  })
}

/** Shows a stored version's source beside the files as they are now. */
export function compareVersion(model: DeskModel, version: { hash: string; label: string; strategy: string }): void {
  const { hash, label, strategy } = version
  model.ui.setState({ compare: { hash, label, strategy }, tab: 'editor', paletteOpen: false })
}

/** Lists the trades of one version. */
export function showTrades(model: DeskModel, hash: string): void {
  model.ledgerActions.tradesVersion(hash)
  model.ui.setState({ tab: 'trades' })
}

/** Holds what came after a deployment against what came before it. */
export function showBeforeAfter(model: DeskModel, { version, from, swappedAt }: DeploymentRow): void {
  const market = model.desk.getState().status?.market
  if (version === null || from === null) return
  model.attributionActions.show({ grouping: 'version', period: 'all', search: '' })
  model.attributionActions.against(recordKey({ of: { version: version.hash, market } }), from.hash, swappedAt)
  model.ui.setState({ tab: 'attribution' })
}

/** The candidate that waits for a reload to name it: the one shown, else the newest. */
export function candidateToReload(deployments: readonly DeploymentRow[], picked: string | null): DeploymentRow | null {
  const waits = (row: DeploymentRow | undefined): boolean =>
    row !== undefined && row.version !== null && (row.state === 'waiting' || row.state === 'detected')
  const shown = shownDeployment(deployments, picked)
  return (waits(shown) ? shown : deployments.find(waits)) ?? null
}

/** Makes a proved candidate live; it is named by its hash, so that nothing saved since can take its place. */
export function reloadCandidate(model: DeskModel, row: DeploymentRow): void {
  if (row.version === null) return
  void model.command({ kind: 'reload', strategy: row.strategy, hash: row.version.hash })
}

/** Lets a candidate that waits run beside the live version with paper fills. */
export function shadowCandidate(model: DeskModel, row: DeploymentRow): void {
  if (row.version === null) return
  void model.command({ kind: 'reload', strategy: row.strategy, hash: row.version.hash, as: 'shadow' })
}

const CANARY =
  'It trades its part with money; the live version keeps the rest. What is open in its slots stays with the live version.'

/** Asks which part a candidate that waits, or a shadow, gets as a canary. */
export function openCanaryDialog(model: DeskModel, row: DeploymentRow): void {
  const { version, strategy } = row
  if (version === null) return
  model.ui.setState({
    ask: {
      kind: 'canary',
      title: `${version.label} as a canary`,
      explain: CANARY,
      strategy,
      command: (part) => ({ kind: 'promote', strategy, hash: version.hash, ...part }),
    },
  })
}

/** Asks which part the files of a strategy get as a canary, as they are now. */
export function openFilesCanaryDialog(model: DeskModel, strategy: string): void {
  model.ui.setState({
    paletteOpen: false,
    ask: {
      kind: 'canary',
      title: `${strategy}.ts as a canary`,
      explain: CANARY,
      strategy,
      command: (part) => ({ kind: 'reload', strategy, ...part }),
    },
  })
}

/** A shadow, or a canary, goes live as far as the rules let it. */
export function promoteCandidate(model: DeskModel, row: DeploymentRow): void {
  if (row.version === null) return
  void model.command({ kind: 'promote', strategy: row.strategy, hash: row.version.hash })
}

/** Gives up a candidate that is under way or waits, or a canary. */
export function dismissCandidate(model: DeskModel, { strategy, version }: DeploymentRow): void {
  const named = version === null ? {} : { hash: version.hash }
  void model.command({ kind: 'dismiss', strategy, ...named, reason: 'dismissed at the desk' })
}

/** Has the desk sell a position at what the book pays. */
export function closePosition(model: DeskModel, position: string): void {
  void model.command({ kind: 'close', position, reason: 'closed at the desk' })
}

/** Lists the moments at which the shown proof's candidate and the live version acted differently. */
export function showDifferences(model: DeskModel): void {
  model.ui.setState({ tab: 'differences', paletteOpen: false })
}

/** Chooses a difference and shows its moment on the live chart, in candles that reach back to it where there are. */
export function showMoment(model: DeskModel, item: DecisionDifference): void {
  model.replayActions.backToLive()
  model.proofActions.choose(item)
  const { data, frame } = model.chart.getState()
  const first = data?.candles[0]?.[0]
  const tooOld = frame === '1m' && data?.frame === '1m' && first !== undefined && item.ts < first
  model.showChart(item.slot, tooOld ? (item.slot.endsWith('-15m') ? '15m' : '5m') : frame)
}

/** Opens the replay tab for a strategy. */
export function openReplayTab(model: DeskModel, strategy: string): void {
  model.replayActions.edit({ strategy })
  model.ui.setState({ tab: 'replay', paletteOpen: false })
}

/** Leaves a replay or a chosen moment: the chart is the live market again. True when it was not. */
export function backToLive(model: DeskModel): boolean {
  const replayed = model.replay.getState().onChart !== null
  if (!replayed && model.proof.getState().chosen === null) return false
  model.replayActions.backToLive()
  model.proofActions.choose(null)
  return true
}
