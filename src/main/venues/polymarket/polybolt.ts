import { z } from 'zod'
import { parseJson } from '../../net/http.ts'
import { StampFeed, type StampFeedOptions } from './stamp-feed.ts'

/**
 * Settlement means from PolyBolt, which needs API credentials but no private key. Sources: the shortened staging capture and
 * the protocol notes of venue corrections 1.3.
 */

export interface ApiCredentials {
  readonly apiKey: string
  readonly secret: string
  readonly passphrase: string
}

export interface PolyboltOptions extends StampFeedOptions {
  readonly credentials: ApiCredentials
  /** The credentials were refused; connecting again does not help. */
  readonly onRefused: (reason: string) => void
}

const CHANNEL = 'price.crypto.twap'
const WINDOW_SECONDS = 60

const point = z.object({ timestamp: z.number(), full_accuracy_value: z.union([z.string(), z.number()]) })
const payload = z.union([
  z.object({ symbol: z.string(), data: z.array(point) }),
  point.extend({ symbol: z.string() }).transform(({ symbol, ...one }) => ({ symbol, data: [one] })),
])
const message = z.union([
  z.object({ op: z.string(), code: z.string().optional(), message: z.string().optional() }),
  z.object({ channel: z.string(), seq: z.number(), snapshot: z.boolean().optional(), payload: z.unknown() }),
])

export class PolyboltFeed extends StampFeed<PolyboltOptions> {
  /** Number of the newest message of the channel on this connection; 0 before the first. */
  #seq = 0
  #connection = 0
  #requests = 0

  constructor(options: PolyboltOptions) {
    super(options, 'PolyBolt')
  }

  protected opened(connection: number): void {
    const { apiKey, secret, passphrase } = this.options.credentials
    const auth = { op: 'auth', rid: this.#nextId(), auth: { apiKey, secret, passphrase } }
    this.send(JSON.stringify(auth), connection)
  }

  #nextId(): string {
    return `b${++this.#requests}`
  }

  #subscribe(connection: number): void {
    const subscriptions = this.options.assets.map((asset) => ({
      channel: CHANNEL,
      filter: { symbol: `${asset.toLowerCase()}usd`, window_seconds: WINDOW_SECONDS },
    }))
    this.send(JSON.stringify({ op: 'subscribe', rid: this.#nextId(), subscriptions }), connection)
  }

  protected received(text: string, connection: number): void {
    if (connection < this.#connection) return
    if (connection > this.#connection) {
      this.#connection = connection
      this.#seq = 0
    }
    const json = parseJson(text)
    const read = message.safeParse(json.ok ? json.value : undefined)
    if (!read.success) return
    const frame = read.data
    if (!('op' in frame)) return this.#onData(frame)
    if (frame.op === 'authed') this.#subscribe(connection)
    if (frame.op !== 'error') return
    const reason = [frame.code, frame.message].filter((part) => part !== undefined).join(': ')
    this.options.report('warn', `PolyBolt: ${reason}`)
    if (frame.code?.startsWith('auth') === true || frame.code === 'unauthorized') this.options.onRefused(reason)
  }

  #onData({ channel, seq, payload: body }: { channel: string; seq: number; payload: unknown }): void {
    if (channel !== CHANNEL) return
    // Numbers run over all symbols of the channel: after a gap, a new subscription brings the last two minutes again.
    const gap = this.#seq !== 0 && seq > this.#seq + 1
    this.#seq = seq
    const read = payload.safeParse(body)
    const { assets, onStamp } = this.options
    const asset = assets.find((name) => `${name.toLowerCase()}usd` === read.data?.symbol)
    for (const { timestamp, full_accuracy_value: value } of asset === undefined ? [] : (read.data?.data ?? [])) {
      if (asset !== undefined && Number.isFinite(Number(value)))
        onStamp({ asset, at: timestamp, meanSeconds: WINDOW_SECONDS, value: Number(value) })
    }
    if (gap) this.#subscribe(this.#connection)
  }
}
