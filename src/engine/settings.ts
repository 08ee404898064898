import { assignSlots, type Config } from '../shared/config.ts'
import { MICRO, shares, usdOf } from '../shared/domain/money.ts'
import type { Slot, SlotId } from '../shared/domain/slots.ts'
import { MINUTE } from '../shared/domain/time.ts'
import type { Caps, EngineConfig } from './config.ts'
import { COARSE_TICK } from './market/book-maker.ts'
import type { PaperMarketSettings } from './market/paper-market.ts'

/** A person's configuration in the engine's own units. */
export function engineConfigOf(
  config: Config,
  market: string,
  slots: readonly Slot[],
  unlisted: ReadonlySet<SlotId>,
): EngineConfig {
  const { caps, paper } = config
  return {
    market,
    slots,
    unlisted,
    assignments: assignSlots(config.assign, slots),
    caps: capsOf(caps),
    stalePriceMs: config.stalePriceMs,
    faultsInRow: config.faultsInRow,
    freezeDrawdown: usdOf(config.policy.freezeDrawdownUsd),
    handover: config.handover,
    unsettledAfterMs: Math.round(config.unsettledMinutes * MINUTE),
    settlementMeanSec: config.settlementMeanSec,
    feeRatePpm: Math.round(paper.feeRate * MICRO),
    minShares: shares(Math.round(paper.minShares * MICRO)),
    minStake: usdOf(paper.minStakeUsd),
    coarseTick: COARSE_TICK,
  }
}

/** A person's caps in micro-USD. */
export function capsOf(caps: Config['caps']): Caps {
  return {
    stakePerOrder: usdOf(caps.stakePerOrderUsd),
    exposurePerWindow: usdOf(caps.exposurePerWindowUsd),
    exposurePerAsset: usdOf(caps.exposurePerAssetUsd),
    exposurePerAccount: usdOf(caps.exposurePerAccountUsd),
    ordersPerMinute: caps.ordersPerMinute,
    lossPerDay: usdOf(caps.lossPerDayUsd),
  }
}

/** How the paper market behaves by the same configuration. */
export function paperSettingsOf(
  config: Config,
): Pick<PaperMarketSettings, 'venue' | 'settlementMeanSec' | 'feedDelayMs'> {
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
