import type {
  CanaryRow,
  DeploymentEnd,
  DeploymentRow,
  Diagnostic,
  PolicyOverride,
  PolicyRefusal,
  PolicyRow,
  ProbationRow,
  ShadowRow,
  StepName,
} from '../../shared/domain/deployments.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { DeploymentId } from '../../shared/domain/ids.ts'
import { step, type TriggerOf } from '../../shared/domain/lifecycles.ts'
import type { ProofRow } from '../../shared/domain/proofs.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import { endText } from './end-text.ts'

/** One attempt to make a version live: its state by the table of lifecycles, its steps with their real durations. */
export class Deployment {
  private row: DeploymentRow
  /** Resolves when the deployment starts to wait for a rule or a person. */
  waiting: Promise<void> = Promise.resolve()
  private tellWaiting: () => void = () => {}
  /** Resolves when the deployment has ended, with whatever result. */
  readonly over: Promise<void>
  private tellOver: () => void = () => {}
  private readonly clock: Clock
  private noticedAt: number
  private readonly onChange: (row: DeploymentRow) => void

  /** @param noticedAt monotonic milliseconds at which the change was noticed */
  static begin(
    init: Pick<DeploymentRow, 'id' | 'strategy' | 'trigger' | 'by' | 'from' | 'startedAt'>,
    noticedAt: number,
    clock: Clock,
    onChange: (row: DeploymentRow) => void,
  ): Deployment {
    const row: DeploymentRow = {
      ...init,
      version: null,
      state: 'detected',
      endedAt: null,
      steps: [],
      reason: null,
      diagnostics: [],
      saveToLiveMs: null,
      swapMs: null,
      swappedAt: null,
      handoffs: 0,
      proof: null,
      policy: null,
      probation: null,
      shadow: null,
      canary: null,
    }
    onChange(row)
    return new Deployment(row, noticedAt, clock, onChange)
  }

  /** Continues a deployment that was journaled before a restart. */
  constructor(row: DeploymentRow, noticedAt: number, clock: Clock, onChange: (row: DeploymentRow) => void) {
    this.clock = clock
    this.noticedAt = noticedAt
    this.onChange = onChange
    this.row = row
    this.over = new Promise((resolve) => {
      this.tellOver = resolve
    })
    this.notWaiting()
  }

  private notWaiting(): void {
    this.waiting = new Promise((resolve) => {
      this.tellWaiting = resolve
    })
  }

  get id(): DeploymentId {
    return this.row.id
  }

  get current(): DeploymentRow {
    return this.row
  }

  get ended(): boolean {
    return this.row.endedAt !== null
  }

  /** True once its version is live; only probation is left. */
  get isLive(): boolean {
    return this.row.swappedAt !== null
  }

  /** True while its version trades a part of its strategy. */
  get isCanary(): boolean {
    return this.row.state === 'canary'
  }

  private change(part: Partial<DeploymentRow>): void {
    this.row = { ...this.row, ...part }
    if (this.ended) this.tellOver()
    this.onChange(this.row)
  }

  private endFields(end: DeploymentEnd): Pick<DeploymentRow, 'end' | 'reason'> {
    return { end, reason: endText(end, this.row) }
  }

  private move(trigger: TriggerOf<'deployment'>): DeploymentRow['state'] {
    return step('deployment', this.row.state, trigger)
  }

  /**
   * Begins a named step.
   * @returns ends it, with its duration, whether it passed, and a note
   */
  begin(name: StepName, trigger: TriggerOf<'deployment'>): (passed: boolean, note: string) => void {
    const earlier = this.row.steps
    this.change({ state: this.move(trigger), steps: [...earlier, { name, state: 'running', ms: null, note: '' }] })
    const started = this.clock.monotonic()
    return (passed, note) => {
      const ms = this.clock.monotonic() - started
      // The swap writes its own step, in its own transaction.
      if (this.ended || this.isLive || this.isCanary) return
      this.change({ steps: [...earlier, { name, state: passed ? 'done' : 'failed', ms, note }] })
    }
  }

  /** Updates the proof while it runs. */
  proves(proof: ProofRow): void {
    if (!this.ended) this.change({ proof })
  }

  /** Sets what the deployment waits for; an empty list ends the wait. Publishes changes only. */
  waits(waits: readonly PolicyRefusal[], waitsUntil: number | null): void {
    const before = this.row.policy
    if (before !== null && JSON.stringify(before.waits) === JSON.stringify(waits)) return
    const [first] = waits
    this.changePolicy(
      { waits, waitsUntil },
      first === undefined
        ? null
        : first.rule === 'reload'
          ? `waits for ${first.message}`
          : first.rule === 'freeze'
            ? `a sound candidate waits: ${first.message}`
            : `waits: ${first.message}`,
    )
    if (first !== undefined) this.tellWaiting()
  }

  /** Records a person's override of rules. */
  overrides(override: PolicyOverride): void {
    this.changePolicy({ override }, this.row.reason)
  }

  /** Records each slot's regime at the moment the policy step passed. */
  passes(regimes: PolicyRow['regimes']): void {
    this.changePolicy({ regimes, waits: [], waitsUntil: null }, null)
  }

  private changePolicy(part: Partial<PolicyRow>, reason: string | null): void {
    const policy = this.row.policy ?? { waits: [], waitsUntil: null, override: null, regimes: {} }
    this.change({ policy: { ...policy, ...part }, reason })
  }

  /** Ends the wait because a person confirmed the candidate. */
  goOn(by: string, noticedAt: number): void {
    this.noticedAt = noticedAt
    this.notWaiting()
    this.change({ by })
    this.changePolicy({ waits: [], waitsUntil: null }, null)
  }

  name(version: VersionRef): void {
    this.change({ version })
  }

  /** Sets the version that the swap replaces; another deployment may have changed it since this one began. */
  replaces(from: VersionRef | null): void {
    this.row = { ...this.row, from }
  }

  /** The failed attempt is made again after `delayMs` real milliseconds. */
  retriesIn(delayMs: number): void {
    const reason = `${this.row.reason ?? ''}; it is tried again in ${Math.round(delayMs / 1_000)} s`
    this.change({ reason, retryInMs: delayMs })
  }

  fail(now: number, end: DeploymentEnd, diagnostics: readonly Diagnostic[] = []): void {
    const steps = this.row.steps.map((s) => (s.state === 'running' ? { ...s, state: 'failed' as const } : s))
    this.change({ state: this.move('fail'), endedAt: now, ...this.endFields(end), diagnostics, steps })
  }

  supersede(now: number, end: DeploymentEnd): void {
    this.change({ state: this.move('supersede'), endedAt: now, ...this.endFields(end) })
  }

  /** Updates the shadow's figures. */
  shadows(shadow: ShadowRow): void {
    this.change({ shadow })
  }

  /** Updates the figures of its probation. */
  watched(probation: ProbationRow): void {
    this.change({ probation })
  }

  /** Ends probation: the version is kept. */
  keep(now: number, probation: ProbationRow): void {
    this.change({ state: this.move('keep'), endedAt: now, probation, steps: this.probationStep(now, true, probation) })
  }

  /** Ends the deployment: the earlier version is live again. */
  rolledBack(now: number, probation: ProbationRow, end: DeploymentEnd): void {
    const steps = this.isCanary ? this.canaryStep(now) : this.probationStep(now, false, probation)
    this.change({ state: this.move('rollBack'), endedAt: now, probation, ...this.endFields(end), steps })
  }

  /** The row as the canary's own transaction writes it. */
  tryOut(canary: CanaryRow, heldMs: number): DeploymentRow {
    const saveToLiveMs = this.clock.monotonic() - this.noticedAt
    const steps = this.row.steps.map((s) =>
      s.name === 'swap' ? { ...s, state: 'done' as const, ms: heldMs, note: 'nothing handed over' } : s,
    )
    const note = partText(canary)
    this.row = {
      ...this.row,
      state: this.move('tryOut'),
      reason: null,
      canary,
      swapMs: heldMs,
      saveToLiveMs,
      steps: [...steps, { name: 'canary', state: 'running', ms: null, note }],
    }
    return this.row
  }

  /** Ends probation as failed where no earlier version can be restored. */
  failProbation(now: number, probation: ProbationRow, end: DeploymentEnd): void {
    const steps = this.probationStep(now, false, probation)
    this.change({ state: this.move('fail'), endedAt: now, probation, ...this.endFields(end), steps })
  }

  private probationStep(now: number, passed: boolean, { reason }: ProbationRow): DeploymentRow['steps'] {
    const ms = now - (this.row.swappedAt ?? now)
    return this.row.steps.map((s) =>
      s.name === 'probation' ? { ...s, state: passed ? ('done' as const) : ('failed' as const), ms, note: reason } : s,
    )
  }

  /** Ends the deployment: its canary was dismissed. */
  dismissed(now: number, end: DeploymentEnd): void {
    this.change({ state: this.move('supersede'), endedAt: now, ...this.endFields(end), steps: this.canaryStep(now) })
  }

  private canaryStep(now: number): DeploymentRow['steps'] {
    const ms = now - (this.row.canary?.since ?? now)
    return this.row.steps.map((s) => (s.name === 'canary' ? { ...s, state: 'failed' as const, ms } : s))
  }

  /**
   * The row as the swap's own transaction writes it.
   * @param watched whether probation follows
   */
  live(now: number, heldMs: number, handoffs: number, watched: boolean): DeploymentRow {
    const saveToLiveMs = this.clock.monotonic() - this.noticedAt
    const since = this.row.canary?.since ?? now
    const steps = this.row.steps.map((s) =>
      s.name === 'swap'
        ? { ...s, state: 'done' as const, ms: heldMs, note: `${handoffs} handed over` }
        : s.name === 'canary'
          ? { ...s, state: 'done' as const, ms: now - since }
          : s,
    )
    const probation = { name: 'probation', state: 'running', ms: null, note: '' } as const
    this.row = {
      ...this.row,
      state: this.move(watched ? 'probate' : 'keep'),
      endedAt: watched ? null : now,
      reason: null,
      swappedAt: now,
      swapMs: heldMs,
      saveToLiveMs,
      handoffs,
      steps: watched ? [...steps, probation] : steps,
    }
    return this.row
  }

  tell(): void {
    this.onChange(this.row)
  }
}

/** A canary's part of its strategy, in words. */
export function partText({ slots, stakePercent }: Omit<CanaryRow, 'since'>): string {
  const places = slots.length > 3 ? `${slots.length} slots` : slots.join(', ')
  return stakePercent === 100 ? places : `${stakePercent} % of the stake in ${places}`
}
