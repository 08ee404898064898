import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import type { DeskStore } from './desk-store.ts'
import { createTimeEstimator } from './remaining-time.ts'
import { mergeDifferences, type ProofStore, shownDeployment } from './proof-store.ts'
import type { UiStore } from './ui-store.ts'

/** Keeps the differences of the shown proof up to date. */
export interface ProofActions {
  /** Takes in pushes that the desk store has already merged. */
  receive(pushes: readonly DeskPush[]): void
  /** Asks again for what may have been missed while the desk was away. */
  refresh(): void
  choose(item: DecisionDifference | null): void
}

interface Parts {
  readonly desk: DeskClient
  readonly rows: DeskStore
  readonly ui: UiStore
  readonly store: ProofStore
  readonly monotonic: () => number
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export function createProofActions({ desk, rows, ui, store, monotonic }: Parts): ProofActions {
  const estimator = createTimeEstimator(monotonic)
  let running = false

  const shown = (): DeploymentRow | undefined => shownDeployment(rows.getState().deployments, ui.getState().deployment)

  const load = (id: string): void => {
    desk.call('proof.diff', { id }).then(
      (found) => {
        // Another proof may be shown by now; its list is not this answer's to fill.
        if (store.getState().deployment !== id) return
        store.setState((state) => ({ items: mergeDifferences(state.items ?? [], found), error: null }))
      },
      (error: unknown) => {
        if (store.getState().deployment === id) store.setState({ error: messageOf(error) })
      },
    )
  }

  /** Turns to the deployment that is shown now, and says whether its proof has just ended. */
  const follow = (): boolean => {
    const row = shown()
    const proof = row?.proof ?? null
    const before = { deployment: store.getState().deployment, running }
    running = proof?.verdict === 'running'
    if ((row?.id ?? null) !== before.deployment) {
      const expects = proof !== null && (running || proof.differences > 0)
      store.setState({
        deployment: row?.id ?? null,
        items: expects && !running ? null : [],
        error: null,
        chosen: null,
        remainingMs: null,
      })
      if (row !== undefined && expects) load(row.id)
      before.running = false
    }
    if (row === undefined || proof === null) return false
    if (running) store.setState({ remainingMs: estimator.remainingMs(row.id, proof.progress) })
    else if (before.running) {
      estimator.forget(row.id)
      store.setState({ remainingMs: null })
      return true
    }
    return false
  }

  /** Asks for the list again where fewer are known than the proof counts: a push was missed. */
  const complete = (): void => {
    const row = shown()
    if (row?.proof == null) return
    if (row.proof.differences > (store.getState().items?.length ?? 0)) load(row.id)
  }

  ui.subscribe((state, before) => {
    if (state.deployment !== before.deployment) follow()
  })

  return {
    receive(pushes) {
      const ended = pushes.some((push) => push.kind === 'deployment') && follow()
      const { deployment } = store.getState()
      const found = pushes.flatMap((push) => (push.kind === 'diff' && push.deployment === deployment ? push.items : []))
      if (found.length > 0) store.setState((state) => ({ items: mergeDifferences(state.items ?? [], found) }))
      // While it runs the count is ahead of the pushes; at the end it is final.
      if (ended) complete()
    },
    refresh() {
      const before = store.getState().deployment
      follow()
      // A deployment that was turned to just now has asked already.
      if (store.getState().deployment === before) complete()
    },
    choose(item) {
      store.setState({ chosen: item })
    },
  }
}
