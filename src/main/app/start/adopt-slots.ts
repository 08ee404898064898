import { err, ok, type Result } from '../../../shared/domain/base.ts'
import type { VersionHash } from '../../../shared/domain/ids.ts'
import type { UnixMs } from '../../../shared/domain/time.ts'
import type { TradingLoop } from '../../runtime/trading-loop.ts'

/** Initialises the state of slots for which a live version has none. */
export async function adoptSlots(
  loop: TradingLoop,
  strategy: string,
  hash: VersionHash,
  now: () => UnixMs,
): Promise<Result<void>> {
  const missing = loop.engine.strategyStates(strategy).filter(({ json, lent }) => json === 'null' && !lent)
  if (missing.length === 0) return ok(undefined)
  const fresh = missing.map(({ slot }) => ({ slot, json: null }))
  const states = await loop.hosts.get(hash)?.worker.migrate(fresh, '', loop.deadlineMs)
  if (states?.ok !== true) return err(`it has no state for ${missing.map(({ slot }) => slot).join(', ')}`)
  loop.deliver({ kind: 'adopt', ts: now(), states: states.value })
  return ok(undefined)
}
