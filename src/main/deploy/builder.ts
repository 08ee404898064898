import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { API_VERSION } from '../../engine/strategy-api/baton.ts'
import type { StrategyManifest } from '../../engine/views/view-types.ts'
import type { Diagnostic } from '../../shared/domain/deployments.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import { versionRef } from '../db/deployment-row.ts'
import type { Journal } from '../db/journal.ts'
import { findVersion, nextVersionNumber, versionSources } from '../db/queries.ts'
import type { HostedVersion } from '../runtime/hosts.ts'
import { VersionWorker } from '../strategy-host/version-worker.ts'
import { type Compiled, compileStrategy, versionHash } from './compile.ts'
import type { Deployment } from './deployment.ts'
import type { DeploymentRun } from './deployment-run.ts'
import { advance, failureAt, type StepResult, stopWith, superseded } from './pipeline.ts'
import { locate } from './staging.ts'
import type { TradingPort } from './trading-port.ts'
import { checkTypes } from './typecheck.ts'

export interface BuilderParts {
  readonly loop: Pick<TradingPort, 'engine'>
  readonly journal: Journal
  readonly clock: Clock
  readonly now: () => UnixMs
  readonly folder: string
  readonly apiFile: string
  readonly deadlineMs: number
}

/** The first two steps of a deployment: from files to a version in a thread of its own, stored with its sources. */
export class Builder {
  private readonly parts: BuilderParts

  constructor(parts: BuilderParts) {
    this.parts = parts
  }

  /** Compiles the strategy's files, or takes a stored bundle as it is; `run.compiled` is set when it advances. */
  async compile(run: DeploymentRun): Promise<StepResult> {
    const { strategy, stored } = run.attempt
    if (stored !== undefined) return this.takeStored(run, strategy, stored)
    const { folder, apiFile } = this.parts
    if (!existsSync(join(folder, `${strategy}.ts`))) return stopWith({ code: 'no-source' })
    const compiled = await compileStrategy(folder, strategy, apiFile)
    if (!compiled.ok) {
      const failure = failureAt('compile', compiled.error)
      return { kind: 'stop', note: firstLine(compiled.error), failure }
    }
    run.compiled = compiled.value
    return advance(modules(compiled.value))
  }

  private takeStored(run: DeploymentRun, strategy: string, hash: string): StepResult {
    const { journal } = this.parts
    const version = findVersion(journal.db, strategy, hash)
    if (version === undefined || versionHash(version.bundle) !== version.hash) {
      const label = version?.label ?? `${strategy} ${hash.slice(0, 12)}`
      return stopWith({ code: 'other-api', label }, 'made for another strategy API')
    }
    const { bundle, sourceMap } = version
    run.compiled = { strategy, bundle, sourceMap, sources: versionSources(journal.db, version.hash) }
    return advance('the stored bundle')
  }

  /**
   * A save that builds the live version ends here, unless that version was stopped by a fault. A save that builds the current
   * canary ends here as well: deploying it would be a promotion that nobody asked for.
   */
  private runsAlready(strategy: string, hash: VersionHash, deployment: Deployment): boolean {
    const { state } = this.parts.loop.engine
    const live = state.live.get(strategy)
    const version = live === undefined ? undefined : state.versions.get(live)
    const canary = state.canaries.get(strategy)?.version
    const beside = canary === hash ? state.versions.get(canary) : undefined
    if (beside?.state === 'canary') {
      deployment.supersede(this.parts.now(), { code: 'canary-already', label: beside.label })
      return true
    }
    if (version === undefined || version.hash !== hash || version.state !== 'live') return false
    deployment.supersede(this.parts.now(), { code: 'live-already', label: version.label })
    return true
  }

  /** Checks types and contract and starts the version's thread; `run.candidate` is set when it advances. */
  async check(run: DeploymentRun): Promise<StepResult> {
    const { apiFile, clock, deadlineMs } = this.parts
    const { deployment } = run
    const compiled = run.need('compiled')
    const hash = versionHash(compiled.bundle)
    const ref = this.refFor(compiled.strategy, hash)
    const [problems, started] = await Promise.all([
      checkTypes(compiled, apiFile),
      VersionWorker.start(compiled.bundle, ref.label, clock, deadlineMs),
    ])
    const note = problems.length > 0 ? firstLine(problems) : CHECKED
    if (!started.ok) {
      const all = [...problems, locate(started.error, compiled.sourceMap, `${compiled.strategy}.ts`)]
      const passes = all.length === 1 && started.error.kind === 'starved'
      return { kind: passes ? 'retry' : 'stop', note, failure: failureAt('check', all) }
    }
    const worker = started.value
    const stop = (result: StepResult): StepResult => {
      worker.stop()
      return result
    }
    if (deployment.ended) return stop(superseded)
    const all = [...problems, ...misnamed(compiled, worker.manifest.name)]
    if (all.length > 0) return stop({ kind: 'stop', note, failure: failureAt('check', all) })
    if (this.runsAlready(compiled.strategy, hash, deployment)) return stop(superseded)
    await this.store(compiled, ref, worker.manifest)
    deployment.name(ref)
    const hosted: HostedVersion = { worker, strategy: compiled.strategy, sourceMap: compiled.sourceMap }
    run.candidate = { hash, ref, manifest: worker.manifest, hosted, firstFile: `${compiled.strategy}.ts` }
    return advance(CHECKED)
  }

  private async store(compiled: Compiled, ref: VersionRef, manifest: StrategyManifest): Promise<void> {
    const { journal, now } = this.parts
    const { strategy, bundle, sourceMap, sources } = compiled
    const { hash, number, label } = ref
    const stored = { apiVersion: API_VERSION, manifest: JSON.stringify(manifest), bundle, sourceMap, sources }
    journal.write({ w: 'version', version: { hash, strategy, number, label, ...stored, createdAt: now() } })
    await journal.flush()
  }

  private refFor(strategy: string, hash: VersionHash): VersionRef {
    const known = versionRef(this.parts.journal.db, hash)
    if (known !== null) return known
    const number = nextVersionNumber(this.parts.journal.db, strategy)
    return { hash, strategy, number, label: `${strategy} v${number} · ${hash.slice(0, 6)}` }
  }
}

/** What the check looked at. */
const CHECKED = 'types, contract, globals'

function misnamed({ strategy }: Compiled, name: string): Diagnostic[] {
  if (name === strategy) return []
  const file = `${strategy}.ts`
  const message = `name is "${name}", but the file is ${file}: they must be the same`
  return [{ file, line: 1, column: 1, message }]
}

function modules(compiled: Compiled): string {
  return `${compiled.sources.length} ${compiled.sources.length === 1 ? 'module' : 'modules'}`
}

function firstLine(diagnostics: readonly Diagnostic[]): string {
  const first = diagnostics[0]
  return first === undefined ? '' : `${first.file}:${first.line} ${first.message.split('\n')[0]}`
}
