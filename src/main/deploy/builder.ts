import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { API_VERSION } from '../../engine/strategy-api/baton.ts'
import type { Diagnostic } from '../../shared/domain/deployments.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import { versionRef } from '../db/deployment-row.ts'
import type { Journal } from '../db/journal.ts'
import { findVersion, nextVersionNumber, versionSources } from '../db/queries.ts'
import type { HostedVersion } from '../runtime/hosts.ts'
import type { TradingLoop } from '../runtime/trading-loop.ts'
import { VersionWorker } from '../strategy-host/version-worker.ts'
import { type Compiled, compileStrategy, versionHash } from './compile.ts'
import type { Deployment } from './deployment.ts'
import { type Candidate, locate } from './staging.ts'
import { checkTypes } from './typecheck.ts'

export interface BuilderParts {
  readonly loop: TradingLoop
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

  /**
   * @param stored hash of a stored version; undefined = what the files say now
   * @returns undefined when it failed or was superseded, with the reason in the deployment
   */
  async build(
    deployment: Deployment,
    strategy: string,
    stored?: string,
  ): Promise<{ readonly candidate: Candidate; readonly bundle: string } | undefined> {
    const compiled =
      stored === undefined
        ? await this.compile(deployment, strategy)
        : await this.takeStored(deployment, strategy, stored)
    // A newer save can come between the end of one step and the beginning of the next.
    if (compiled === undefined || deployment.ended) return undefined
    const candidate = await this.check(deployment, compiled)
    return candidate && { candidate, bundle: compiled.bundle }
  }

  private async compile(deployment: Deployment, strategy: string): Promise<Compiled | undefined> {
    const { folder, apiFile, now } = this.parts
    if (!existsSync(join(folder, `${strategy}.ts`))) {
      deployment.fail(now(), `there is no ${strategy}.ts in the strategies folder; what is live keeps trading`)
      return undefined
    }
    const compiled = await deployment.step(
      'compile',
      'compile',
      () => compileStrategy(folder, strategy, apiFile),
      (result) => ({ ok: result.ok, note: result.ok ? modules(result.value) : firstLine(result.error) }),
    )
    if (deployment.ended) return undefined
    if (compiled.ok) return compiled.value
    deployment.failWith(now(), 'does not compile', compiled.error)
    return undefined
  }

  /** A stored version goes through the same steps; what was compiled for it once is taken as it is. */
  private async takeStored(deployment: Deployment, strategy: string, hash: string): Promise<Compiled | undefined> {
    const { journal, now } = this.parts
    const version = findVersion(journal.db, strategy, hash)
    const fits = version !== undefined && versionHash(version.bundle) === version.hash
    await deployment.step(
      'compile',
      'compile',
      () => Promise.resolve(),
      () => ({ ok: fits, note: fits ? 'the stored bundle' : 'made for another strategy API' }),
    )
    if (deployment.ended) return undefined
    if (version !== undefined && fits) {
      const { bundle, sourceMap } = version
      return { strategy, bundle, sourceMap, sources: versionSources(journal.db, version.hash) }
    }
    const what = version?.label ?? `${strategy} ${hash.slice(0, 12)}`
    deployment.fail(
      now(),
      `${what} was made for another version of the strategy API: save its source again; ${deployment.stays}`,
    )
    return undefined
  }

  /**
   * A save that changed nothing that runs ends here, unless the version it equals was stopped by a fault. One that equals a
   * canary would be its promotion, which nobody asked for.
   */
  private runsAlready(strategy: string, hash: VersionHash, deployment: Deployment): boolean {
    const { state } = this.parts.loop.engine
    const live = state.live.get(strategy)
    const version = live === undefined ? undefined : state.versions.get(live)
    const canary = state.canaries.get(strategy)?.version
    const beside = canary === hash ? state.versions.get(canary) : undefined
    if (beside?.state === 'canary') {
      const what = `the code is that of ${beside.label}, which is a canary already: promote it, or dismiss it`
      deployment.supersede(this.parts.now(), what)
      return true
    }
    if (version === undefined || version.hash !== hash || version.state !== 'live') return false
    deployment.supersede(this.parts.now(), `the code is that of ${version.label}, which is live already`)
    return true
  }

  private async check(deployment: Deployment, compiled: Compiled): Promise<Candidate | undefined> {
    const { apiFile, clock, deadlineMs, journal, now } = this.parts
    const hash = versionHash(compiled.bundle)
    const entry = `${compiled.strategy}.ts`
    const ref = this.refFor(compiled.strategy, hash)
    const [typeErrors, started] = await deployment.step(
      'check',
      'check',
      () =>
        Promise.all([
          checkTypes(compiled, apiFile),
          VersionWorker.start(compiled.bundle, ref.label, clock, deadlineMs),
        ]),
      ([types, loaded]) => ({
        ok: types.length === 0 && loaded.ok && loaded.value.manifest.name === compiled.strategy,
        note: types.length > 0 ? firstLine(types) : 'types, contract, globals',
      }),
    )
    const drop = () => {
      if (started.ok) started.value.stop()
    }
    if (deployment.ended) {
      drop()
      return undefined
    }
    const problems = [...typeErrors]
    if (!started.ok) problems.push(locate(started.error, compiled.sourceMap, entry))
    else if (started.value.manifest.name !== compiled.strategy) {
      problems.push({
        file: entry,
        line: 1,
        column: 1,
        message: `name is "${started.value.manifest.name}", but the file is ${entry}: they must be the same`,
      })
    }
    if (problems.length > 0 || !started.ok) {
      drop()
      deployment.mayPass = problems.length === 1 && !started.ok && started.error.kind === 'starved'
      deployment.failWith(now(), 'failed its check', problems)
      return undefined
    }
    if (this.runsAlready(compiled.strategy, hash, deployment)) {
      drop()
      return undefined
    }
    const { manifest } = started.value
    const version = {
      hash,
      strategy: compiled.strategy,
      number: ref.number,
      label: ref.label,
      apiVersion: API_VERSION,
      manifest: JSON.stringify(manifest),
      bundle: compiled.bundle,
      sourceMap: compiled.sourceMap,
      createdAt: now(),
      sources: compiled.sources,
    }
    journal.write({ w: 'version', version })
    await journal.flush()
    deployment.name(ref)
    const hosted: HostedVersion = { worker: started.value, strategy: compiled.strategy, sourceMap: compiled.sourceMap }
    return { hash, ref, manifest, hosted, firstFile: entry }
  }

  private refFor(strategy: string, hash: VersionHash): VersionRef {
    const known = versionRef(this.parts.journal.db, hash)
    if (known !== null) return known
    const number = nextVersionNumber(this.parts.journal.db, strategy)
    return { hash, strategy, number, label: `${strategy} v${number} · ${hash.slice(0, 6)}` }
  }
}

function modules(compiled: Compiled): string {
  return `${compiled.sources.length} ${compiled.sources.length === 1 ? 'module' : 'modules'}`
}

function firstLine(diagnostics: readonly Diagnostic[]): string {
  const first = diagnostics[0]
  return first === undefined ? '' : `${first.file}:${first.line} ${first.message.split('\n')[0]}`
}
