import type { Config } from '../../shared/config.ts'
import { MICRO, shares, usdOf } from '../../shared/domain/money.ts'
import type { SimulatedVenueSettings } from './simulated-venue.ts'

/** Settings of the simulated venue from the user's configuration. */
export function venueSettingsOf(
  config: Config,
): Pick<SimulatedVenueSettings, 'venue' | 'settlementMeanSec' | 'feedDelayMs'> {
  const { paper } = config
  return {
    venue: {
      latencyMs: paper.latencyMs,
      takerDelayMs: paper.takerDelayMs,
      feeRatePpm: Math.round(paper.feeRate * MICRO),
      minShares: shares(Math.round(paper.minShares * MICRO)),
      minStake: usdOf(paper.minStakeUsd),
      reversalPpm: paper.reversalPpm,
    },
    settlementMeanSec: config.settlementMeanSec,
    feedDelayMs: paper.feedDelayMs,
  }
}
