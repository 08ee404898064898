import { err, ok, type Result } from '../../../shared/domain/base.ts'
import type { VersionHash } from '../../../shared/domain/ids.ts'
import { findVersion } from '../../db/queries.ts'
import { failureText } from '../../strategy-host/thread-link.ts'
import { VersionWorker } from '../../strategy-host/version-worker.ts'
import type { DeskParts } from '../desk-parts.ts'
import { adoptSlots } from './adopt-slots.ts'

const START_TRIES = 5

/** Resumes live versions from their stored bundles; deploys a strategy's files where none was ever live. */
export async function bringUpVersions(desk: DeskParts): Promise<void> {
  const { engine, options } = desk
  for (const { hash, strategy } of [...engine.state.versions.values()]) {
    const resumed = await resumeVersion(desk, strategy, hash)
    if (!resumed.ok) {
      desk.loop.deliver({
        kind: 'fault',
        ts: desk.now(),
        version: hash,
        slot: null,
        fatal: true,
        message: resumed.error,
      })
    }
    if (engine.state.live.get(strategy) !== hash) continue
    const onDisk = await desk.deployer.strategies.hashOfFiles(strategy)
    if (onDisk !== hash)
      desk.events.add(
        'info',
        `${strategy}.ts is not what is live; it is a candidate: save it again, or reload, to deploy it`,
      )
  }
  desk.loop.deliver({ kind: 'begin', ts: desk.now() })
  desk.deployer.resume()
  const known = new Set(desk.deployer.strategies.available())
  for (const strategy of new Set(engine.state.config.assignments.values())) {
    if (!known.has(strategy))
      desk.events.add('warn', `slots are assigned to ${strategy}, but there is no ${strategy}.ts: they trade nothing`)
  }
  const missing = desk.deployer.strategies.available().filter((strategy) => !engine.state.live.has(strategy))
  if (desk.virtual) {
    await desk.loop.runYieldJobsUntil(Promise.all(missing.map((strategy) => startInVirtualTime(desk, strategy))))
    return
  }
  const noticedAt = options.clock.monotonic()
  await Promise.all(
    missing.map((strategy) => desk.deployer.deployOrWait({ strategy, trigger: 'start', by: 'start', noticedAt })),
  )
}

/** In virtual time a start is retried while the computer is busy: the result must not depend on its speed. */
async function startInVirtualTime({ deployer, options }: DeskParts, strategy: string): Promise<void> {
  for (let tries = 0; tries < START_TRIES; tries++) {
    const noticedAt = options.clock.monotonic()
    await deployer.deployOrWait({ strategy, trigger: 'start', by: 'start', noticedAt, once: true })
    if (!deployer.failedInPassing(strategy)) return
  }
}

async function resumeVersion(desk: DeskParts, strategy: string, hash: VersionHash): Promise<Result<void>> {
  const stored = findVersion(desk.journal.db, strategy, hash)
  if (stored === undefined) return err('its bundle is not in the journal')
  if (stored.state !== 'live' && stored.state !== 'canary' && stored.state !== 'draining') return ok(undefined)
  const worker = await VersionWorker.start(
    stored.bundle,
    stored.label,
    desk.options.clock,
    desk.config.decisionDeadlineMs,
  )
  if (!worker.ok) return err(`it does not load from its stored bundle: ${failureText(worker.error)}`)
  desk.loop.hosts.host(hash, { worker: worker.value, strategy, sourceMap: stored.sourceMap })
  return stored.state === 'live' ? adoptSlots(desk.loop, strategy, hash, () => desk.now()) : ok(undefined)
}
