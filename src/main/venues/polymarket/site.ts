import { z } from 'zod'
import { err, ok, type Result } from '../../../shared/domain/base.ts'
import type { Slot, Window } from '../../../shared/domain/slots.ts'
import type { HttpFailure, HttpReader } from '../../net/http.ts'

const reply = z.object({ openPrice: z.number().positive().nullable() })

function parseOpenPrice(value: unknown): Result<number | null> {
  const read = reply.safeParse(value)
  return read.success ? ok(read.data.openPrice) : err('not a price to beat')
}

/**
 * The price to beat as the web site shows it. The path is undocumented and used last. Without these parameters it answers with
 * the spot price at the boundary, which does not settle the market (venue corrections W14).
 * @returns null while the site does not know it
 */
export function priceToBeat(
  site: HttpReader,
  slot: Slot,
  window: Window,
  meanSeconds: number,
): Promise<Result<number | null, HttpFailure>> {
  const query = {
    symbol: slot.asset,
    eventStartTime: new Date(window.start).toISOString(),
    endDate: new Date(window.end).toISOString(),
    variant: slot.timeframe === '5m' ? 'fiveminute' : 'fifteen',
    twapEnabled: meanSeconds > 0 ? 'true' : 'false',
    twapLookbackSeconds: meanSeconds,
  }
  return site.get('/api/crypto/crypto-price', query, parseOpenPrice)
}
