import type { Swap } from '../../engine/events.ts'
import { ok, type Result } from '../../shared/domain/base.ts'
import type { Diagnostic } from '../../shared/domain/deployments.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { Journal } from '../db/journal.ts'
import { statesAtSwap } from '../db/queries.ts'
import { locateFailure } from '../strategy-host/source-position.ts'
import type { HostFailure } from '../strategy-host/thread-link.ts'
import type { Candidate } from './candidate.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { advance, failureAt, type StepResult } from './pipeline.ts'
import type { TradingPort } from './trading-port.ts'

/** The dry run: tries a candidate on current states and candles before it may be swapped in. */
export class Staging {
  private readonly parts: {
    readonly loop: Pick<TradingPort, 'engine' | 'hosts'>
    readonly journal: Journal
    readonly deadlineMs: number
  }

  constructor(parts: Staging['parts']) {
    this.parts = parts
  }

  /** Migrates the states and tries the candidate on them, in its own thread, with nothing kept. */
  async step(run: DeploymentRun): Promise<StepResult> {
    const candidate = run.need('candidate')
    const states = await this.migrated(candidate, run.attempt.trigger === 'rollback' ? 'rollback' : 'deployment')
    const problem = states.ok
      ? await this.dryRun(candidate, states.value)
      : problemOf(states.error, candidate.hosted.sourceMap, candidate.firstFile)
    if (problem === null) return advance('worker, migrate, warm')
    const failure = failureAt('dry-run', [problem.at])
    return { kind: problem.mayPass ? 'retry' : 'stop', note: problem.at.message, failure }
  }

  /** Evaluates every slot twice, the second time in reverse order: answers must not depend on order. Null when it passes. */
  private async dryRun(candidate: Candidate, states: Swap['states']): Promise<StagingProblem | null> {
    const { loop, deadlineMs } = this.parts
    const { worker, sourceMap } = candidate.hosted
    const json = new Map(states.map((state) => [state.slot, state.json]))
    const views = loop.engine
      .dryViews(candidate.ref.strategy)
      .map((view) => ({ ...view, state: json.get(view.slot) ?? view.state }))
    if (views.length === 0 && states.length > 0) {
      const message = 'no slot of it has a price to try it on yet'
      return { at: { file: candidate.firstFile, line: 1, column: 1, message }, mayPass: true }
    }
    const answers: string[] = []
    for (const pass of [views, views.toReversed()]) {
      const reply = await worker.evaluate(pass, loop.engine.state.assets, deadlineMs, false)
      if (!reply.ok) return problemOf(reply.error, sourceMap, candidate.firstFile)
      const fault = reply.value.faults[0]
      if (fault !== undefined) {
        const at = locateFailure(fault.failure, sourceMap, candidate.firstFile)
        return { at: { ...at, message: `${fault.slot}: ${at.message}` }, mayPass: false }
      }
      answers.push(JSON.stringify(reply.value.decisions.toSorted((a, b) => (a.slot < b.slot ? -1 : 1))))
    }
    if (answers[0] === answers[1]) return null
    const message =
      'the same views gave different answers in another order: decide must use only view, state and params'
    return { at: { file: candidate.firstFile, line: 1, column: 1, message }, mayPass: false }
  }

  /** Every slot's state migrated for the candidate, with the revision it was made from. */
  async migrated(candidate: Candidate, kind: Swap['reason']): Promise<Result<Swap['states'], HostFailure>> {
    const { loop, journal, deadlineMs } = this.parts
    const { strategy } = candidate.ref
    const current = loop.engine.strategyStates(strategy)
    const revisions = new Map(current.map(({ slot, revision }) => [slot, revision]))
    const live = loop.engine.state.live.get(strategy)
    const old = live === undefined ? undefined : loop.engine.state.versions.get(live)
    let states: Result<{ slot: SlotId; json: string }[], HostFailure>
    const source = live === undefined ? undefined : loop.hosts.get(live)
    if (kind === 'rollback' && old?.manifest.hasMigrateBack === true && source !== undefined) {
      states = await source.worker.migrateBack(current, candidate.ref.label, deadlineMs)
    } else {
      const saved = kind === 'rollback' ? statesAtSwap(journal.db, strategy, candidate.hash) : undefined
      const savedJson = new Map(saved?.map((state) => [state.slot, state.json]))
      const from = current.map(({ slot, json }) => ({
        slot,
        json: old === undefined ? null : saved === undefined ? json : (savedJson.get(slot) ?? null),
      }))
      states = await candidate.hosted.worker.migrate(
        from,
        kind === 'rollback' ? candidate.ref.label : (old?.label ?? ''),
        deadlineMs,
      )
    }
    if (!states.ok) return states
    return ok(states.value.map(({ slot, json }) => ({ slot, json, fromRevision: revisions.get(slot) ?? 0 })))
  }
}

/** Why a dry run failed. */
export interface StagingProblem {
  readonly at: Diagnostic
  /** True for a temporary reason that says nothing against the code. */
  readonly mayPass: boolean
}

export function problemOf(failure: HostFailure, sourceMap: string, entry: string): StagingProblem {
  return { at: locate(failure, sourceMap, entry), mayPass: failure.kind === 'starved' }
}

/** Source position of a failure; without one, the start of the file. */
export function locate(failure: HostFailure, sourceMap: string, entry: string): Diagnostic {
  return locateFailure(failure.kind === 'threw' ? failure.failure : failure, sourceMap, entry)
}
