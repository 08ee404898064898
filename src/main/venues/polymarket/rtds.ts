import { z } from 'zod'
import { SECOND } from '../../../shared/domain/time.ts'
import { parseJson } from '../../net/http.ts'
import { StampFeed, type StampFeedOptions } from './stamp-feed.ts'

/** Settlement means from RTDS. Sources: @polymarket/real-time-data-client and captured frames (venue facts B4). */

const PING = { text: 'PING', everyMs: 5 * SECOND }

/** Topics by the length of their mean in seconds. */
const TOPICS: ReadonlyMap<string, number> = new Map([
  ['crypto_prices_twap_sixty', 60],
  ['crypto_prices_twap_thirty', 30],
  ['crypto_prices_chainlink', 0],
])

const point = z.object({
  timestamp: z.number(),
  value: z.number(),
  /** Scaled by 10¹⁸. */
  full_accuracy_value: z.string().optional(),
})
const envelope = z.object({
  topic: z.string(),
  payload: z.union([
    z.object({ symbol: z.string(), data: z.array(point) }),
    point.extend({ symbol: z.string() }).transform(({ symbol, ...one }) => ({ symbol, data: [one] })),
  ]),
})

export class RtdsFeed extends StampFeed {
  constructor(options: StampFeedOptions) {
    super(options, 'RTDS', PING)
  }

  protected opened(connection: number): void {
    this.send(this.#subscription(), connection)
  }

  /** All symbols in one message, each with a filter of its own: lists of symbols in one filter are refused. */
  #subscription(): string {
    const subscriptions = this.options.assets.map((asset) => ({
      topic: 'crypto_prices_twap_sixty',
      type: '*',
      filters: JSON.stringify({ symbol: `${asset.toLowerCase()}/usd` }),
    }))
    return JSON.stringify({ action: 'subscribe', subscriptions })
  }

  protected received(text: string): void {
    const { assets, onStamp } = this.options
    const json = parseJson(text)
    const read = envelope.safeParse(json.ok ? json.value : undefined)
    // Control texts and other topics.
    if (!read.success) return
    const { topic, payload } = read.data
    const asset = assets.find((name) => `${name.toLowerCase()}/usd` === payload.symbol)
    const meanSeconds = TOPICS.get(topic)
    if (asset === undefined || meanSeconds === undefined) return
    for (const { timestamp, value, full_accuracy_value: scaled } of payload.data)
      onStamp({ asset, at: timestamp, meanSeconds, value: scaled === undefined ? value : unscaled(scaled, value) })
  }
}

/** A value scaled by 10¹⁸ as a number; `fallback` if it is not such an integer. */
function unscaled(text: string, fallback: number): number {
  if (!/^\d{1,40}$/.test(text)) return fallback
  const padded = text.padStart(19, '0')
  return Number(`${padded.slice(0, -18)}.${padded.slice(-18)}`)
}
