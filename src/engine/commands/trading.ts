import { step } from '../../shared/domain/lifecycles.ts'
import type { EventCause } from '../../shared/domain/records.ts'
import type { UnixMs } from '../../shared/domain/time.ts'
import type { Pause } from '../slot-state.ts'
import { type Context, logEvent, record } from '../state.ts'

/** Freezes deployments because of a rule; an existing freeze stays. */
export function freezeDeploys(context: Context, reason: string, until: UnixMs | null, cause: EventCause): void {
  if (context.state.freeze !== null) return
  setFreeze(context, { reason, until })
  logEvent(context, 'warn', 'frozen', `deployments are frozen: ${reason}`, { cause })
}

/** Sets or lifts the freeze of deployments. */
export function setFreeze(context: Context, freeze: Pause | null): void {
  context.state.freeze = freeze
  record(context, { t: 'freeze', reason: freeze?.reason ?? null, until: freeze?.until ?? null })
}

/** Journals whether trading is running, paused or killed. */
export function recordTrading(context: Context): void {
  const { state } = context
  const reason = state.trading === 'killed' ? state.killReason : (state.pause?.reason ?? null)
  record(context, {
    t: 'trading',
    state: state.trading,
    reason,
    until: state.pause?.until ?? null,
    flatten: state.flatten,
  })
}

/** Pauses entries; exits continue. A pause without an end is not replaced by one with an end. */
export function pauseEntries(context: Context, reason: string, until: UnixMs | null): void {
  const { state } = context
  if (state.trading === 'killed' || (state.trading === 'paused' && until !== null && state.pause?.until === null))
    return
  state.trading = step('trading', state.trading, 'pause')
  state.pause = { reason, until }
  recordTrading(context)
}
