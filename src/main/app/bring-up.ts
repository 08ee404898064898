import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { VersionHash } from '../../shared/domain/records.ts'
import { findVersion } from '../db/queries.ts'
import { VersionWorker } from '../strategy-host/version-worker.ts'
import type { Desk } from './desk.ts'

/** Resumes what was live from its stored bundle, or deploys what the files say where nothing ever was. */
export async function bringUpVersions(desk: Desk): Promise<void> {
  const { engine, options } = desk
  for (const [strategy, hash] of engine.state.live) {
    const resumed = await resumeVersion(desk, strategy, hash)
    if (!resumed.ok) {
      desk.session.deliver({
        kind: 'fault',
        ts: desk.now(),
        version: hash,
        slot: null,
        fatal: true,
        message: resumed.error,
      })
    }
    const onDisk = await desk.deployer.hashOfFiles(strategy)
    if (onDisk !== hash)
      desk.hub.say(
        'info',
        `${strategy}.ts is not what is live; it is a candidate: save it again, or reload, to deploy it`,
      )
  }
  const known = new Set(desk.deployer.available())
  for (const strategy of new Set(engine.state.config.assignments.values())) {
    if (!known.has(strategy))
      desk.hub.say('warn', `slots are assigned to ${strategy}, but there is no ${strategy}.ts: they trade nothing`)
  }
  const missing = desk.deployer.available().filter((strategy) => !engine.state.live.has(strategy))
  const noticedAt = options.clock.monotonic()
  const begun = missing.map((strategy) => desk.deployer.deploy({ strategy, trigger: 'start', by: 'start', noticedAt }))
  if (desk.virtual) await desk.session.runYieldJobsUntil(Promise.all(begun))
  else await Promise.all(begun)
}

async function resumeVersion(desk: Desk, strategy: string, hash: VersionHash): Promise<Result<void>> {
  const stored = findVersion(desk.journal.db, strategy, hash)
  if (stored === undefined) return err('its bundle is not in the journal')
  if (stored.state !== 'live') return ok(undefined)
  const worker = await VersionWorker.start(
    stored.bundle,
    stored.label,
    desk.options.clock,
    desk.config.decisionDeadlineMs,
  )
  if (!worker.ok)
    return err(
      `it does not load from its stored bundle: ${worker.error.kind === 'dead' ? worker.error.message : worker.error.failure.message}`,
    )
  desk.session.host(hash, { worker: worker.value, strategy, sourceMap: stored.source_map })
  return firstStates(desk, strategy, worker.value)
}

/** Gives the slots that a resumed version has no state for the one it starts with. */
async function firstStates(desk: Desk, strategy: string, worker: VersionWorker): Promise<Result<void>> {
  const missing = desk.engine.strategyStates(strategy).filter(({ json }) => json === 'null')
  if (missing.length === 0) return ok(undefined)
  const fresh = missing.map(({ slot }) => ({ slot, json: null }))
  const states = await worker.migrate(fresh, '', desk.config.decisionDeadlineMs)
  if (!states.ok) return err(`it has no state for ${missing.map(({ slot }) => slot).join(', ')}`)
  desk.session.deliver({ kind: 'adopt', ts: desk.now(), states: states.value })
  return ok(undefined)
}
