import { MICRO, mulDivFloor, type Usd, usd } from '../../shared/domain/money.ts'
import type { Canary } from '../../shared/domain/settings.ts'

/** The venue takes cash in whole cents. */
const CENT = 10_000

/**
 * What a canary may stake of what it wants: its part, but no less than the market takes at all.
 * @param minimum the market's minimum at the order's limit
 */
export function canaryStake(canary: Canary, wanted: Usd, minimum: Usd): Usd {
  const part = Math.floor(mulDivFloor(wanted, canary.stakePpm, MICRO) / CENT) * CENT
  return usd(Math.min(wanted, Math.max(part, Math.ceil(minimum / CENT) * CENT)))
}
