import { step } from '../../shared/domain/lifecycles.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import { type Context, type Pause, record, say } from '../state.ts'

/** Freezes deployments for a rule's reason; one that is there already stays. */
export function freezeDeploys(c: Context, reason: string, until: UnixMs | null): void {
  if (c.s.freeze !== null) return
  setFreeze(c, { reason, until })
  say(c, 'warn', 'frozen', `deployments are frozen: ${reason}`)
}

/** Sets or lifts the freeze of deployments. */
export function setFreeze(c: Context, freeze: Pause | null): void {
  c.s.freeze = freeze
  record(c, { t: 'freeze', reason: freeze?.reason ?? null, until: freeze?.until ?? null })
}

/** Journals whether trading runs, is paused or killed. */
export function recordTrading(c: Context): void {
  const { s } = c
  const reason = s.trading === 'killed' ? s.killReason : (s.pause?.reason ?? null)
  record(c, { t: 'trading', state: s.trading, reason, until: s.pause?.until ?? null, flatten: s.flatten })
}

/** Pauses entries; exits go on. A pause that is there already is only replaced by one without an end. */
export function pauseEntries(c: Context, reason: string, until: UnixMs | null): void {
  const { s } = c
  if (s.trading === 'killed' || (s.trading === 'paused' && until !== null && s.pause?.until === null)) return
  s.trading = step('trading', s.trading, 'pause')
  s.pause = { reason, until }
  recordTrading(c)
}
