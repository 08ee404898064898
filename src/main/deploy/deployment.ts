import type {
  CanaryRow,
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

/** One attempt to make a version live, as it goes: states by the table, steps with their real durations. */
export class Deployment {
  private row: DeploymentRow
  /** What ended it says nothing against the code and passes by itself: a busy computer, prices that have not come yet. */
  mayPass = false
  /** Resolves when it waits for something that may take long. */
  waiting: Promise<void> = Promise.resolve()
  private tellWaiting: () => void = () => {}
  /** Resolves at its end, however it ends. */
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

  /** One that is under way already: as it was journaled before a restart. */
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

  /** What goes on when it fails, in words. */
  get stays(): string {
    const { from } = this.row
    return from === null ? 'nothing of it is live' : `${from.label} keeps trading`
  }

  /** Its version went live; what is left is to watch it. */
  get isLive(): boolean {
    return this.row.swappedAt !== null
  }

  /** It trades a part of its strategy, and can be given all of it or be dismissed. */
  get isCanary(): boolean {
    return this.row.state === 'canary'
  }

  private change(part: Partial<DeploymentRow>): void {
    this.row = { ...this.row, ...part }
    if (this.ended) this.tellOver()
    this.onChange(this.row)
  }

  private move(trigger: TriggerOf<'deployment'>): DeploymentRow['state'] {
    return step('deployment', this.row.state, trigger)
  }

  /** Runs one named step and keeps its duration; what it returns decides the note and whether it failed. */
  async step<T>(
    name: StepName,
    trigger: TriggerOf<'deployment'>,
    work: () => Promise<T>,
    judge: (value: T) => { ok: boolean; note: string },
  ): Promise<T> {
    const earlier = this.row.steps
    this.change({ state: this.move(trigger), steps: [...earlier, { name, state: 'running', ms: null, note: '' }] })
    const started = this.clock.monotonic()
    const value = await work()
    const { ok, note } = judge(value)
    const ms = this.clock.monotonic() - started
    // The swap writes its own step, in its own transaction.
    if (!this.ended && !this.isLive && !this.isCanary)
      this.change({ steps: [...earlier, { name, state: ok ? 'done' : 'failed', ms, note }] })
    return value
  }

  /** The proof as far as it has come. */
  proves(proof: ProofRow): void {
    if (!this.ended) this.change({ proof })
  }

  /** What it waits for now; none: it may go on. Told only when it changes. */
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

  /** A person's word against the rules. */
  overrides(override: PolicyOverride): void {
    this.changePolicy({ override }, this.row.reason)
  }

  /** The regimes that ruled as it was let through. */
  passes(regimes: PolicyRow['regimes']): void {
    this.changePolicy({ regimes, waits: [], waitsUntil: null }, null)
  }

  private changePolicy(part: Partial<PolicyRow>, reason: string | null): void {
    const policy = this.row.policy ?? { waits: [], waitsUntil: null, override: null, regimes: {} }
    this.change({ policy: { ...policy, ...part }, reason })
  }

  /** Goes on after waiting, at somebody's word. */
  goOn(by: string, noticedAt: number): void {
    this.noticedAt = noticedAt
    this.notWaiting()
    this.change({ by })
    this.changePolicy({ waits: [], waitsUntil: null }, null)
  }

  name(version: VersionRef): void {
    this.change({ version })
  }

  /** The version that is live at the swap itself: another attempt may have changed it since this one began. */
  replaces(from: VersionRef | null): void {
    this.row = { ...this.row, from }
  }

  /** Fails with places in the sources; the reason does not repeat them. */
  failWith(ts: number, what: string, diagnostics: readonly Diagnostic[]): void {
    this.fail(ts, `${this.current.strategy} ${what}; ${this.stays}`, diagnostics)
  }

  /** Says after its end what becomes of it. */
  adds(text: string): void {
    this.change({ reason: `${this.row.reason ?? ''}${text}` })
  }

  fail(now: number, reason: string, diagnostics: readonly Diagnostic[] = []): void {
    const steps = this.row.steps.map((s) => (s.state === 'running' ? { ...s, state: 'failed' as const } : s))
    this.change({ state: this.move('fail'), endedAt: now, reason, diagnostics, steps })
  }

  supersede(now: number, reason: string): void {
    this.change({ state: this.move('supersede'), endedAt: now, reason })
  }

  /** How it does as a shadow. */
  shadows(shadow: ShadowRow): void {
    this.change({ shadow })
  }

  /** How its first windows go. */
  watched(probation: ProbationRow): void {
    this.change({ probation })
  }

  /** Its probation is over, and it stays. */
  keep(now: number, probation: ProbationRow): void {
    this.change({ state: this.move('keep'), endedAt: now, probation, steps: this.probationStep(now, true, probation) })
  }

  /** The version before it is live again. */
  rolledBack(now: number, probation: ProbationRow, reason: string): void {
    const steps = this.isCanary ? this.canaryStep(now) : this.probationStep(now, false, probation)
    this.change({ state: this.move('rollBack'), endedAt: now, probation, reason, steps })
  }

  /** The row as it is written in the transaction that gives it its part. */
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

  /** It is stopped where it is: there is nothing to go back to. */
  failProbation(now: number, probation: ProbationRow, reason: string): void {
    const steps = this.probationStep(now, false, probation)
    this.change({ state: this.move('fail'), endedAt: now, probation, reason, steps })
  }

  private probationStep(now: number, passed: boolean, { reason }: ProbationRow): DeploymentRow['steps'] {
    const ms = now - (this.row.swappedAt ?? now)
    return this.row.steps.map((s) =>
      s.name === 'probation' ? { ...s, state: passed ? ('done' as const) : ('failed' as const), ms, note: reason } : s,
    )
  }

  /** It has been given up as a canary. */
  dismissed(now: number, reason: string): void {
    this.change({ state: this.move('supersede'), endedAt: now, reason, steps: this.canaryStep(now) })
  }

  private canaryStep(now: number): DeploymentRow['steps'] {
    const ms = now - (this.row.canary?.since ?? now)
    return this.row.steps.map((s) => (s.name === 'canary' ? { ...s, state: 'failed' as const, ms } : s))
  }

  /**
   * The row as it is written in the swap's own transaction.
   * @param watched whether its first windows are watched
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

/** What a canary has, in words. */
export function partText({ slots, stakePercent }: Omit<CanaryRow, 'since'>): string {
  const places = slots.length > 3 ? `${slots.length} slots` : slots.join(', ')
  return stakePercent === 100 ? places : `${stakePercent} % of the stake in ${places}`
}
