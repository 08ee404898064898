import { HOUR, MINUTE, SECOND } from '../../../shared/domain/time.ts'
import type { LinkTimings } from '../../net/link.ts'

/** Delays and limits of the connections, ms of desk time. */
export const DEFAULT_TIMINGS: LinkTimings & { readonly requestMs: number } = {
  /** Time limit of an HTTP request. */
  requestMs: 10 * SECOND,
  connectMs: 10 * SECOND,
  // The venue answers a ping every 10 s (venue facts B3).
  silenceMs: 30 * SECOND,
  backoffFloorMs: SECOND,
  backoffMaxMs: 30 * SECOND,
  stableMs: MINUTE,
  maxAgeMs: 23 * HOUR,
  overlapMs: 3 * SECOND,
  maxAttempts: 290,
}
