import { assignSlots, type Config } from '../shared/config.ts'
import { usdOf } from '../shared/domain/money.ts'
import type { Caps } from '../shared/domain/settings.ts'
import type { Slot, SlotId } from '../shared/domain/slots.ts'
import { MINUTE } from '../shared/domain/time.ts'
import type { EngineConfig } from './config.ts'
import type { SlotListing } from './venue/listing.ts'

/** A venue whose fills are final, that pays out by itself, and whose strikes are estimated until it reports them. */
export const FINAL_VENUE = { fateSettlesMs: 0, redeemsItself: true, officialStrikes: false } as const

/**
 * The user's configuration converted to the engine's units.
 * @param capabilities of the venue that the engine trades at
 * @param idPrefix makes ids unique beyond one home folder
 */
export function engineConfigOf(
  config: Config,
  market: string,
  slots: readonly Slot[],
  listings: ReadonlyMap<SlotId, SlotListing>,
  capabilities: Pick<EngineConfig, 'fateSettlesMs' | 'redeemsItself' | 'officialStrikes'>,
  idPrefix = '',
): EngineConfig {
  const { caps } = config
  return {
    market,
    slots,
    listings,
    assignments: assignSlots(config.assign, slots),
    caps: capsOf(caps),
    stalePriceMs: config.stalePriceMs,
    faultsInRow: config.faultsInRow,
    freezeDrawdown: usdOf(config.policy.freezeDrawdownUsd),
    handover: config.handover,
    unsettledAfterMs: Math.round(config.unsettledMinutes * MINUTE),
    idPrefix,
    fateSettlesMs: capabilities.fateSettlesMs,
    redeemsItself: capabilities.redeemsItself,
    officialStrikes: capabilities.officialStrikes,
    settlementMeanSec: config.settlementMeanSec,
  }
}

/** Configured caps in micro-USD. */
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
