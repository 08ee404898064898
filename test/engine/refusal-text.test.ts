import { describe, expect, test } from 'vitest'
import { refusalText } from '../../src/engine/orders/refusal-text.ts'
import { type CanaryRefusal, swapRefusalText } from '../../src/engine/versions/swap-refusal.ts'
import { fillId, orderId, positionId } from '../../src/shared/domain/ids.ts'
import type { IntentRefusal } from '../../src/shared/domain/intent-refusals.ts'
import { NO_SHARES, price, shares, usdOf } from '../../src/shared/domain/money.ts'
import { asset, makeSlot } from '../../src/shared/domain/slots.ts'

const slot = makeSlot(asset('BTC'), '5m').id
const order = orderId('', 1)
const position = positionId('', 1)
const fill = fillId('F-1')
const tick = price(10_000)
const amounts = { atRisk: usdOf(8), cap: usdOf(12.5) }

describe('the words of a refused intent', () => {
  test.each<[string, IntentRefusal]>([
    ['trading is killed: by hand', { code: 'killed', intent: 'enter', why: 'by hand' }],
    ['trading is killed; only the desk may reduce positions', { code: 'killed', intent: 'exit', why: 'by hand' }],
    ['entries are paused: lunch', { code: 'paused', why: 'lunch' }],
    ['entries are held: the venue is asked', { code: 'held', why: 'the venue is asked' }],
    ['price feed: connection lost', { code: 'feed-down', why: 'connection lost' }],
    ['BTC-5m is paused: lunch', { code: 'slot-paused', slot, why: 'lunch' }],
    ['alpha is paused: lunch', { code: 'strategy-paused', strategy: 'alpha', why: 'lunch' }],
    ['the price at the start of this window of BTC-5m is not known', { code: 'no-strike', slot }],
    ['BTC-5m is not listed by this feed or venue', { code: 'unlisted', slot }],
    [
      'last price of BTC is 15000 ms old, allowed 10000 ms',
      { code: 'stale-price', asset: asset('BTC'), ageMs: 15_000, maxAgeMs: 10_000 },
    ],
    ['no offers for up in this window now', { code: 'no-book', side: 'up' }],
    ['the window is over', { code: 'window-over' }],
    ['a position is already open in this window', { code: 'second-entry', position, state: 'open' }],
    ['entry O-1 is already sent in this window', { code: 'second-entry', order, state: 'sent' }],
    ['fill F-1 of this window is not confirmed yet', { code: 'second-entry', fill }],
    ['fill F-1 of this window is not confirmed yet', { code: 'order-open', fill }],
    ['another order of this window is still open', { code: 'order-open', order }],
    ['there is no open position in this window', { code: 'no-position', wanted: null, held: NO_SHARES }],
    [
      'cannot sell 10.5 shares, 10 are held',
      { code: 'no-position', wanted: shares(10_500_000), held: shares(10_000_000) },
    ],
    ['P-1 is not owned by this version', { code: 'not-owner', position }],
    ['order O-1 is not owned by this version', { code: 'not-owner', order }],
    ['order O-1 is not open', { code: 'no-order', order }],
    ['limit 1.2 is not between 0 and 1', { code: 'bad-limit', limit: 1.2, tick: null }],
    ['limit 0.004 is outside the price grid of 0.01', { code: 'bad-limit', limit: 0.004, tick }],
    ['stakeUsd -1 is not a positive number', { code: 'bad-intent', field: 'stakeUsd', value: -1 }],
    ['postOnly needs tif GTC or GTD', { code: 'bad-intent', field: 'postOnly' }],
    ['tif GTD needs expiresInSec', { code: 'bad-intent', field: 'expiresInSec' }],
    [
      "stake $0.50 is below the venue's minimum of $1.00 at this limit",
      { code: 'below-minimum', stake: usdOf(0.5), minimum: usdOf(1) },
    ],
    ['stake $11.00 exceeds the cap of $10.00 per order', { code: 'stake-cap', stake: usdOf(11), cap: usdOf(10) }],
    ['$8.00 already at risk in this window, cap $12.50', { code: 'window-cap', ...amounts }],
    ['$8.00 already at risk in this asset, cap $12.50', { code: 'asset-cap', ...amounts }],
    ['$8.00 already at risk, cap $12.50', { code: 'account-cap', ...amounts }],
    ['needs $5.10 with fee, $3.00 is free', { code: 'cash', needed: usdOf(5.1), free: usdOf(3) }],
    ["today's loss $200.00 reached the cap of $200.00", { code: 'daily-loss', loss: usdOf(200), cap: usdOf(200) }],
    ['40 orders in the last minute, cap 40', { code: 'order-rate', orders: 40, cap: 40 }],
    ['alpha v1 only manages its open positions and orders in BTC-5m', { code: 'draining', label: 'alpha v1', slot }],
  ])('%s', (text, refusal) => {
    expect(refusalText(refusal)).toBe(text)
  })
})

describe('the words of a refused swap', () => {
  test.each<[string, CanaryRefusal]>([
    ['an evaluation is in flight', { code: 'evaluating' }],
    ['alpha has a canary: promote or dismiss it first', { code: 'has-canary', strategy: 'alpha' }],
    ['the state of BTC-5m changed while it was being migrated', { code: 'state-changed', slot }],
    ['alpha has no live version to run a canary beside', { code: 'no-live-version', strategy: 'alpha' }],
    ['alpha already has a canary', { code: 'canary-already', strategy: 'alpha' }],
    ['alpha v2 is already live', { code: 'live-already', label: 'alpha v2' }],
    ['the canary would have no slots', { code: 'no-slots' }],
    [
      'BTC-5m, ETH-5m is not assigned to alpha',
      { code: 'unassigned', slots: [slot, makeSlot(asset('ETH'), '5m').id], strategy: 'alpha' },
    ],
  ])('%s', (text, refusal) => {
    expect(swapRefusalText(refusal)).toBe(text)
  })
})
