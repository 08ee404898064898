import { MICRO, mulDivFloor, type Usd, usd } from '../../shared/domain/money.ts'
import type { Canary } from '../../shared/domain/settings.ts'

/** One cent in micro-USD: the venue takes cash in whole cents. */
const CENT = 10_000

/**
 * Stake of a canary's entry: its part of the requested stake, but at least the venue's minimum.
 * @param minimum the venue's minimum at the order's limit
 */
export function canaryStake(canary: Canary, wanted: Usd, minimum: Usd): Usd {
  const part = Math.floor(mulDivFloor(wanted, canary.stakePpm, MICRO) / CENT) * CENT
  return usd(Math.min(wanted, Math.max(part, Math.ceil(minimum / CENT) * CENT)))
}
