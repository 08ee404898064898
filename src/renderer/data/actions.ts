import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import { keyOf } from './attribution-store.ts'
import { shownDeployment } from './proof-store.ts'
import type { Session } from './session.ts'

/** Freezes deployments, or undoes it: the same key does both, and so does the undo beside the answer. */
export function toggleFreeze(session: Session): void {
  const frozen = session.desk.getState().status?.deploys === 'frozen'
  const freeze = { kind: 'freeze', reason: 'frozen at the desk' } as const
  const unfreeze = { kind: 'unfreeze', reason: 'undone at the desk' } as const
  void (frozen ? session.command(unfreeze, freeze) : session.command(freeze, unfreeze))
}

/** Pauses entries, or resumes: the same key does both, and so does the undo. A kill is not undone by it. */
export function togglePause(session: Session): void {
  const trading = session.desk.getState().status?.trading
  if (trading === 'killed') {
    session.notify('refused', 'The desk is killed: only Re-arm lets orders leave again.')
    return
  }
  const pause = { kind: 'pause', reason: 'paused at the desk' } as const
  const resume = { kind: 'resume' } as const
  void (trading === 'paused' ? session.command(resume, pause) : session.command(pause, resume))
}

/** Pauses entries in one slot. */
export function pauseSlot(session: Session, slot: SlotId): void {
  void session.command({ kind: 'pause', slot, reason: 'paused at the desk' }, { kind: 'resume', slot })
}

export function resumeSlot(session: Session, slot: SlotId): void {
  void session.command({ kind: 'resume', slot }, { kind: 'pause', slot, reason: 'paused at the desk' })
}

/** Pauses entries of one strategy. */
export function pauseStrategy(session: Session, strategy: string): void {
  void session.command({ kind: 'pause', strategy, reason: 'paused at the desk' }, { kind: 'resume', strategy })
}

export function resumeStrategy(session: Session, strategy: string): void {
  void session.command({ kind: 'resume', strategy }, { kind: 'pause', strategy, reason: 'paused at the desk' })
}

/** Turns keys that are one letter off, or on again, in this browser. */
export function toggleSingleKeys(session: Session): void {
  const on = !session.ui.getState().singleKeys
  session.rememberSingleKeys(on)
  session.notify(
    'done',
    on ? 'F, P, D and M act where the top bar or the slots have the focus.' : 'F, P, D and M do nothing now.',
  )
}

/** Kills at once, without asking. */
export function kill(session: Session, positions: 'hold' | 'flatten' = 'hold'): void {
  void session.command({ kind: 'kill', positions, reason: 'killed at the desk' })
}

/** Opens the dialog that re-arms a killed desk. */
export function askRearm(session: Session): void {
  session.ui.setState({ ask: { kind: 'rearm' }, paletteOpen: false })
}

/** Makes a version that was once kept live again; policy never blocks that. */
export function rollBack(session: Session, strategy: string, hash?: string): void {
  void session.command(hash === undefined ? { kind: 'rollback', strategy } : { kind: 'rollback', strategy, to: hash })
}

/** Deploys a stored version through every step, whatever the file says now. */
export function deployStored(session: Session, { strategy, hash }: { strategy: string; hash: string }): void {
  void session.command({ kind: 'reload', strategy, hash, stored: true })
}

/** Deploys what the files of a strategy say now: also once more, where the last attempt failed. */
export function reloadFiles(session: Session, strategy: string): void {
  void session.command({ kind: 'reload', strategy })
}

/** Gives a slot to a strategy. */
export function assignSlot(session: Session, slot: SlotId, strategy: string): void {
  void session.command({ kind: 'assign', slot, strategy, reason: 'assigned at the desk' })
}

/** Asks which slot a strategy gets. */
export function askAssign(session: Session, strategy: string): void {
  session.ui.setState({ paletteOpen: false, ask: { kind: 'assign', strategy } })
}

/** Asks for the reason that overrides the policy a deployment waits for. */
export function askOverride(session: Session, strategy: string, hash: string, label: string): void {
  session.ui.setState({
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
export function askReason(session: Session, kind: 'freeze' | 'pause'): void {
  session.ui.setState({
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
export function askVoid(session: Session, position: string, slot: SlotId): void {
  session.ui.setState({
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
export function compareVersion(session: Session, version: { hash: string; label: string; strategy: string }): void {
  const { hash, label, strategy } = version
  session.ui.setState({ compare: { hash, label, strategy }, tab: 'editor', paletteOpen: false })
}

/** Lists the trades of one version. */
export function showTrades(session: Session, hash: string): void {
  session.ledgerActions.tradesOf(hash)
  session.ui.setState({ tab: 'trades' })
}

/** Holds what came after a deployment against what came before it. */
export function showBeforeAfter(session: Session, { version, from, swappedAt }: DeploymentRow): void {
  const market = session.desk.getState().status?.market
  if (version === null || from === null) return
  session.attributionActions.show({ grouping: 'version', period: 'all', search: '' })
  session.attributionActions.against(keyOf({ of: { version: version.hash, market } }), from.hash, swappedAt)
  session.ui.setState({ tab: 'attribution' })
}

/** The candidate that waits for a reload to name it: the one shown, else the newest. */
export function waitingCandidate(deployments: readonly DeploymentRow[], picked: string | null): DeploymentRow | null {
  const waits = (row: DeploymentRow | undefined): boolean =>
    row !== undefined && row.version !== null && (row.state === 'waiting' || row.state === 'detected')
  const shown = shownDeployment(deployments, picked)
  return (waits(shown) ? shown : deployments.find(waits)) ?? null
}

/** Makes a proved candidate live; it is named by its hash, so that nothing saved since can take its place. */
export function reloadCandidate(session: Session, row: DeploymentRow): void {
  if (row.version === null) return
  void session.command({ kind: 'reload', strategy: row.strategy, hash: row.version.hash })
}

/** Lets a candidate that waits run beside the live version with paper fills. */
export function shadowCandidate(session: Session, row: DeploymentRow): void {
  if (row.version === null) return
  void session.command({ kind: 'reload', strategy: row.strategy, hash: row.version.hash, as: 'shadow' })
}

const CANARY =
  'It trades its part with money; the live version keeps the rest. What is open in its slots stays with the live version.'

/** Asks which part a candidate that waits, or a shadow, gets as a canary. */
export function askCanary(session: Session, row: DeploymentRow): void {
  const { version, strategy } = row
  if (version === null) return
  session.ui.setState({
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
export function askCanaryOfFiles(session: Session, strategy: string): void {
  session.ui.setState({
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
export function promoteCandidate(session: Session, row: DeploymentRow): void {
  if (row.version === null) return
  void session.command({ kind: 'promote', strategy: row.strategy, hash: row.version.hash })
}

/** Gives up a candidate that is under way or waits, or a canary. */
export function dismissCandidate(session: Session, { strategy, version }: DeploymentRow): void {
  const named = version === null ? {} : { hash: version.hash }
  void session.command({ kind: 'dismiss', strategy, ...named, reason: 'dismissed at the desk' })
}

/** Has the desk sell a position at what the book pays. */
export function closePosition(session: Session, position: string): void {
  void session.command({ kind: 'close', position, reason: 'closed at the desk' })
}

/** Lists the moments at which the shown proof's candidate and the live version acted differently. */
export function showDifferences(session: Session): void {
  session.ui.setState({ tab: 'differences', paletteOpen: false })
}

/** Chooses a difference and shows its moment on the live chart, in candles that reach back to it where there are. */
export function showMoment(session: Session, item: DecisionDifference): void {
  session.replayActions.backToLive()
  session.proofActions.choose(item)
  const { data, frame } = session.chart.getState()
  const first = data?.candles[0]?.[0]
  const tooOld = frame === '1m' && data?.frame === '1m' && first !== undefined && item.ts < first
  session.showChart(item.slot, tooOld ? (item.slot.endsWith('-15m') ? '15m' : '5m') : frame)
}

/** Opens the replay tab for a strategy. */
export function askReplay(session: Session, strategy: string): void {
  session.replayActions.edit({ strategy })
  session.ui.setState({ tab: 'replay', paletteOpen: false })
}

/** Leaves a replay or a chosen moment: the chart is the live market again. True when it was not. */
export function backToLive(session: Session): boolean {
  const replayed = session.replay.getState().onChart !== null
  if (!replayed && session.proof.getState().chosen === null) return false
  session.replayActions.backToLive()
  session.proofActions.choose(null)
  return true
}
