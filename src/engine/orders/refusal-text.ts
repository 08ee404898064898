import { assertNever } from '../../shared/domain/base.ts'
import type { IntentRefusal } from '../../shared/domain/intent-refusals.ts'
import { MICRO } from '../../shared/domain/money.ts'

const dollars = (amount: number) => `$${(amount / MICRO).toFixed(2)}`

/** A refused intent in words, for people: `stake $11.00 exceeds the cap of $10.00 per order`. */
export function refusalText(refusal: IntentRefusal): string {
  switch (refusal.code) {
    case 'killed':
      return refusal.intent === 'enter'
        ? `trading is killed: ${refusal.why}`
        : 'trading is killed; only the desk may reduce positions'
    case 'paused':
      return `entries are paused: ${refusal.why}`
    case 'held':
      return `entries are held: ${refusal.why}`
    case 'feed-down':
      return `price feed: ${refusal.why}`
    case 'slot-paused':
      return `${refusal.slot} is paused: ${refusal.why}`
    case 'strategy-paused':
      return `${refusal.strategy} is paused: ${refusal.why}`
    case 'no-strike':
      return `the price at the start of this window of ${refusal.slot} is not known`
    case 'unlisted':
      return `${refusal.slot} is not listed by this feed or venue`
    case 'stale-price':
      return `last price of ${refusal.asset} is ${refusal.ageMs} ms old, allowed ${refusal.maxAgeMs} ms`
    case 'no-book':
      return `no offers for ${refusal.side} in this window now`
    case 'window-over':
      return 'the window is over'
    case 'second-entry':
      if ('fill' in refusal) return `fill ${refusal.fill} of this window is not confirmed yet`
      return 'order' in refusal
        ? `entry ${refusal.order} is already ${refusal.state} in this window`
        : `a position is already ${refusal.state} in this window`
    case 'order-open':
      return 'fill' in refusal
        ? `fill ${refusal.fill} of this window is not confirmed yet`
        : 'another order of this window is still open'
    case 'no-position':
      return refusal.wanted === null
        ? 'there is no open position in this window'
        : `cannot sell ${refusal.wanted / MICRO} shares, ${refusal.held / MICRO} are held`
    case 'not-owner':
      return 'order' in refusal
        ? `order ${refusal.order} is not owned by this version`
        : `${refusal.position} is not owned by this version`
    case 'no-order':
      return `order ${refusal.order} is not open`
    case 'bad-limit':
      return refusal.tick === null
        ? `limit ${refusal.limit} is not between 0 and 1`
        : `limit ${refusal.limit} is outside the price grid of ${refusal.tick / MICRO}`
    case 'bad-intent':
      if (refusal.field === 'stakeUsd') return `stakeUsd ${refusal.value} is not a positive number`
      return refusal.field === 'postOnly' ? 'postOnly needs tif GTC or GTD' : 'tif GTD needs expiresInSec'
    case 'below-minimum':
      return `stake ${dollars(refusal.stake)} is below the venue's minimum of ${dollars(refusal.minimum)} at this limit`
    case 'stake-cap':
      return `stake ${dollars(refusal.stake)} exceeds the cap of ${dollars(refusal.cap)} per order`
    case 'window-cap':
      return `${dollars(refusal.atRisk)} already at risk in this window, cap ${dollars(refusal.cap)}`
    case 'asset-cap':
      return `${dollars(refusal.atRisk)} already at risk in this asset, cap ${dollars(refusal.cap)}`
    case 'account-cap':
      return `${dollars(refusal.atRisk)} already at risk, cap ${dollars(refusal.cap)}`
    case 'cash':
      return `needs ${dollars(refusal.needed)} with fee, ${dollars(refusal.free)} is free`
    case 'daily-loss':
      return `today's loss ${dollars(refusal.loss)} reached the cap of ${dollars(refusal.cap)}`
    case 'order-rate':
      return `${refusal.orders} orders in the last minute, cap ${refusal.cap}`
    case 'draining':
      return `${refusal.label} only manages its open positions and orders in ${refusal.slot}`
    default:
      return assertNever(refusal)
  }
}
