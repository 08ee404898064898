import type { OrderId, VersionHash } from '../../src/shared/domain/ids.ts'
import { NO_SHARES, NO_USD, price, shares, usd } from '../../src/shared/domain/money.ts'
import type { Order } from '../../src/shared/domain/records.ts'
import type { Window } from '../../src/shared/domain/slots.ts'
import { unixMs } from '../../src/shared/domain/time.ts'
import type { OracleOrder } from './paper-oracle.ts'

const VERSION = 'a'.repeat(64) as VersionHash

/** An order of the program for one of the oracle. */
export function paperOrder(order: OracleOrder, window: Window): Order {
  const { id, ts, buys, up, tif, postOnly, limit, amount, expiresAt } = order
  return {
    id: id as OrderId,
    createdAt: unixMs(ts),
    cycle: 1,
    slot: window.slot,
    windowId: window.id,
    windowEnd: window.end,
    kind: buys ? 'enter' : 'exit',
    side: up ? 'up' : 'down',
    tif,
    postOnly,
    expiresAt: expiresAt === null ? null : unixMs(expiresAt),
    limit: price(limit),
    stake: buys ? usd(amount) : NO_USD,
    quantity: buys ? NO_SHARES : shares(amount),
    reserve: buys ? usd(amount) : NO_USD,
    positionId: null,
    why: 'test',
    quote: null,
    state: 'sent',
    owner: VERSION,
    digest: null,
    filledShares: NO_SHARES,
    filledCost: NO_USD,
    fee: NO_USD,
    reason: null,
    updatedAt: unixMs(ts),
    version: VERSION,
    deployment: null,
    regime: 'quiet-range',
    market: 'paper',
  }
}
