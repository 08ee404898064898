import type { Clock } from '../../shared/domain/feed.ts'
import { step, type TriggerOf } from '../../shared/domain/lifecycles.ts'
import type { DeploymentRow, Diagnostic, ProofRow, StepName, VersionRef } from '../../shared/ipc/contract.ts'

/** One attempt to make a version live, as it goes: states by the table, steps with their real durations. */
export class Deployment {
  private row: DeploymentRow
  private readonly clock: Clock
  private noticedAt: number
  private readonly onChange: (row: DeploymentRow) => void

  /** @param noticedAt monotonic milliseconds at which the change was noticed */
  constructor(
    init: Pick<DeploymentRow, 'id' | 'strategy' | 'trigger' | 'by' | 'from' | 'startedAt'>,
    noticedAt: number,
    clock: Clock,
    onChange: (row: DeploymentRow) => void,
  ) {
    this.clock = clock
    this.noticedAt = noticedAt
    this.onChange = onChange
    this.row = {
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
    }
    onChange(this.row)
  }

  get id(): string {
    return this.row.id
  }

  get current(): DeploymentRow {
    return this.row
  }

  get ended(): boolean {
    return this.row.endedAt !== null
  }

  private change(part: Partial<DeploymentRow>): void {
    this.row = { ...this.row, ...part }
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
    if (!this.ended) this.change({ steps: [...earlier, { name, state: ok ? 'done' : 'failed', ms, note }] })
    return value
  }

  /** The proof as far as it has come. */
  proves(proof: ProofRow): void {
    if (!this.ended) this.change({ proof })
  }

  /** Proved, and waiting to be let on. */
  wait(reason: string | null): void {
    this.change({ state: this.move('policy'), reason })
  }

  /** Goes on after waiting, at somebody's word. */
  goOn(by: string, noticedAt: number): void {
    this.noticedAt = noticedAt
    this.change({ by, reason: null })
  }

  name(version: VersionRef): void {
    this.change({ version })
  }

  /** The version that is live at the swap itself: another attempt may have changed it since this one began. */
  replaces(from: VersionRef | null): void {
    this.row = { ...this.row, from }
  }

  /** Fails with the first of several places in the sources. */
  failWith(ts: number, what: string, diagnostics: readonly Diagnostic[]): void {
    const { strategy, from } = this.current
    const first = diagnostics[0]
    const where =
      first === undefined ? '' : ` at ${first.file}:${first.line}:${first.column}: ${first.message.split('\n')[0]}`
    const stays = from === null ? 'nothing of it is live' : `${from.label} keeps trading`
    this.fail(ts, `${strategy} ${what}${where}; ${stays}`, diagnostics)
  }

  fail(now: number, reason: string, diagnostics: readonly Diagnostic[] = []): void {
    const steps = this.row.steps.map((s) => (s.state === 'running' ? { ...s, state: 'failed' as const } : s))
    this.change({ state: this.move('fail'), endedAt: now, reason, diagnostics, steps })
  }

  supersede(now: number, reason: string): void {
    this.change({ state: this.move('supersede'), endedAt: now, reason })
  }

  /** The row as it is written in the swap's own transaction. */
  kept(now: number, heldMs: number, handoffs: number): DeploymentRow {
    const saveToLiveMs = this.clock.monotonic() - this.noticedAt
    const steps = this.row.steps.map((s) =>
      s.name === 'swap' ? { ...s, state: 'done' as const, ms: heldMs, note: `${handoffs} handed over` } : s,
    )
    this.row = {
      ...this.row,
      state: this.move('keep'),
      endedAt: now,
      swappedAt: now,
      swapMs: heldMs,
      saveToLiveMs,
      handoffs,
      steps,
    }
    return this.row
  }

  tell(): void {
    this.onChange(this.row)
  }
}
