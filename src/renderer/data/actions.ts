import type { Session } from './session.ts'

/** Freezes deployments, or undoes it: the same key does both. */
export function toggleFreeze(session: Session): void {
  const frozen = session.desk.getState().status?.deploys === 'frozen'
  void session.command(
    frozen ? { kind: 'unfreeze', reason: 'undone at the desk' } : { kind: 'freeze', reason: 'frozen at the desk' },
  )
}

/** Pauses entries, or resumes: the same key does both. A kill is not undone by it. */
export function togglePause(session: Session): void {
  const trading = session.desk.getState().status?.trading
  if (trading === 'killed') {
    session.notify('refused', 'The desk is killed: only Re-arm lets orders leave again.')
    return
  }
  void session.command(trading === 'paused' ? { kind: 'resume' } : { kind: 'pause', reason: 'paused at the desk' })
}

/** Kills at once, without asking. */
export function kill(session: Session, positions: 'hold' | 'flatten' = 'hold'): void {
  void session.command({ kind: 'kill', positions, reason: 'killed at the desk' })
}

/** Opens the dialog that re-arms a killed desk. */
export function askRearm(session: Session): void {
  session.ui.setState({ ask: { kind: 'rearm' }, paletteOpen: false })
}

/** Makes a stored version live again; policy never blocks that. */
export function rollBack(session: Session, strategy: string, hash?: string): void {
  void session.command(hash === undefined ? { kind: 'rollback', strategy } : { kind: 'rollback', strategy, to: hash })
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

/** Shows a stored version's source beside the files as they are now. */
export function compareVersion(session: Session, version: { hash: string; label: string; strategy: string }): void {
  const { hash, label, strategy } = version
  session.ui.setState({ compare: { hash, label, strategy }, tab: 'editor', paletteOpen: false })
}
