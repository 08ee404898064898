import { messageOf } from '../../shared/domain/base.ts'
import type { DeploymentRow } from '../../shared/domain/deployments.ts'
import type { DecisionDifference } from '../../shared/domain/proofs.ts'
import type { DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import type { DeskStore } from './desk-store.ts'
import { mergeDifferences, type ProofStore, shownDeployment } from './proof-store.ts'
import { RemainingTime } from './remaining-time.ts'
import type { UiStore } from './ui-store.ts'

interface Parts {
  readonly client: DeskClient
  readonly desk: DeskStore
  readonly ui: UiStore
  readonly store: ProofStore
  readonly monotonic: () => number
}

/** Keeps the list of decision differences of the shown proof up to date. */
export class ProofActions {
  private readonly parts: Parts
  private readonly remaining: RemainingTime
  /** The shown proof was running at the last look. */
  private running = false

  constructor(parts: Parts) {
    this.parts = parts
    this.remaining = new RemainingTime(parts.monotonic)
    parts.ui.subscribe((state, before) => {
      if (state.deployment !== before.deployment) this.follow()
    })
  }

  /** Handles pushes that are already merged into the desk store. */
  receive(pushes: readonly DeskPush[]): void {
    const { store } = this.parts
    const ended = pushes.some((push) => push.kind === 'deployment') && this.follow()
    const { deployment } = store.getState()
    const found = pushes.flatMap((push) => (push.kind === 'diff' && push.deployment === deployment ? push.items : []))
    if (found.length > 0) store.setState((state) => ({ items: mergeDifferences(state.items ?? [], found) }))
    // While a proof runs, its count is ahead of the pushes; at its end the count is final.
    if (ended) this.loadMissing()
  }

  /** Loads what may have been missed while the desk was disconnected. */
  refresh(): void {
    const { store } = this.parts
    const before = store.getState().deployment
    this.follow()
    // A deployment that is newly shown has been loaded by `follow`.
    if (store.getState().deployment === before) this.loadMissing()
  }

  choose(item: DecisionDifference | null): void {
    this.parts.store.setState({ chosen: item })
  }

  private shown(): DeploymentRow | undefined {
    return shownDeployment(this.parts.desk.getState().deployments, this.parts.ui.getState().deployment)
  }

  private load(id: string): void {
    const { client, store } = this.parts
    client.call('proof.diff', { id }).then(
      (found) => {
        // Another proof may be shown by now.
        if (store.getState().deployment !== id) return
        store.setState((state) => ({ items: mergeDifferences(state.items ?? [], found), error: null }))
      },
      (error: unknown) => {
        if (store.getState().deployment === id) store.setState({ error: messageOf(error) })
      },
    )
  }

  /** Switches to the deployment that is shown now. @returns whether its proof has just ended */
  private follow(): boolean {
    const { store } = this.parts
    const row = this.shown()
    const proof = row?.proof ?? null
    const isOther = (row?.id ?? null) !== store.getState().deployment
    const wasRunning = this.running && !isOther
    this.running = proof?.verdict === 'running'
    if (isOther) this.reset(row)
    if (row === undefined || proof === null) return false
    if (this.running) store.setState({ remainingMs: this.remaining.estimate(row.id, proof.progress) })
    else if (wasRunning) {
      this.remaining.forget(row.id)
      store.setState({ remainingMs: null })
      return true
    }
    return false
  }

  private reset(row: DeploymentRow | undefined): void {
    const proof = row?.proof ?? null
    const hasDifferences = proof !== null && (this.running || proof.differences > 0)
    this.parts.store.setState({
      deployment: row?.id ?? null,
      items: hasDifferences && !this.running ? null : [],
      error: null,
      chosen: null,
      remainingMs: null,
    })
    if (row !== undefined && hasDifferences) this.load(row.id)
  }

  /** Loads the list again when it has fewer items than the proof counts, because a push was missed. */
  private loadMissing(): void {
    const row = this.shown()
    if (row?.proof == null) return
    if (row.proof.differences > (this.parts.store.getState().items?.length ?? 0)) this.load(row.id)
  }
}
