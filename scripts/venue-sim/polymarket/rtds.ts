import type { Faults } from './faults.ts'
import { digest } from './identity.ts'
import type { Stamp, Stamps } from './price-feed.ts'
import { type Channel, type Conversation, type Outbox, type Peer, parseObject } from './wire.ts'

const SNAPSHOT_SECONDS = 60

interface Topic {
  /** The asset of a symbol as the topic writes it; undefined for another form. */
  assetOf(symbol: string): string | undefined
  symbolOf(asset: string): string
  stamp(stamps: Stamps, asset: string, second: number): Stamp | undefined
  readonly extra: Readonly<Record<string, unknown>>
}

const slashed = {
  assetOf: (symbol: string) => /^([a-z]+)\/usd$/.exec(symbol)?.[1]?.toUpperCase(),
  symbolOf: (asset: string) => `${asset.toLowerCase()}/usd`,
}

const TOPICS: Readonly<Record<string, Topic>> = {
  crypto_prices: {
    assetOf: (symbol) => /^([a-z]+)usdt$/.exec(symbol)?.[1]?.toUpperCase(),
    symbolOf: (asset) => `${asset.toLowerCase()}usdt`,
    stamp: (stamps, asset, second) => stamps.spot(asset, second),
    extra: {},
  },
  crypto_prices_chainlink: { ...slashed, stamp: (stamps, asset, second) => stamps.spot(asset, second), extra: {} },
  crypto_prices_twap_sixty: {
    ...slashed,
    stamp: (stamps, asset, second) => stamps.twap(asset, second),
    extra: { window_s: 60 },
  },
}

/** `topic` and the asset, or all assets. */
interface Subscription {
  readonly name: string
  readonly topic: Topic
  readonly asset: string | undefined
}

interface Subscriber {
  readonly peer: Peer
  readonly id: string
  subscriptions: readonly Subscription[]
}

/** The real-time data service: prices by topic, a minute of them on subscribing. */
export class Rtds implements Channel {
  readonly #stamps: Stamps
  readonly #faults: Faults
  readonly #outbox: Outbox
  readonly #now: () => number
  readonly #subscribers = new Set<Subscriber>()
  #opened = 0

  constructor(stamps: Stamps, faults: Faults, outbox: Outbox, now: () => number) {
    this.#stamps = stamps
    this.#faults = faults
    this.#outbox = outbox
    this.#now = now
  }

  connect(peer: Peer): Conversation {
    this.#opened++
    const subscriber: Subscriber = { peer, id: digest(`rtds${this.#opened}`).slice(0, 16), subscriptions: [] }
    this.#subscribers.add(subscriber)
    return {
      message: (text) => this.#message(subscriber, text),
      closed: () => {
        this.#subscribers.delete(subscriber)
        this.#outbox.forget(peer)
      },
    }
  }

  /** Sends the stamps of one second. */
  publish(second: number): void {
    for (const subscriber of this.#subscribers) {
      for (const subscription of subscriber.subscriptions) {
        for (const asset of this.#assets(subscription)) {
          const stamp = subscription.topic.stamp(this.#stamps, asset, second)
          if (stamp !== undefined) this.#send(subscriber, subscription, asset, 'update', update(subscription, stamp))
        }
      }
    }
  }

  sendRaw(text: string): void {
    for (const { peer } of this.#subscribers) peer.send(text)
  }

  #assets({ asset }: Subscription): readonly string[] {
    return asset === undefined ? this.#stamps.assets : [asset]
  }

  #message(subscriber: Subscriber, text: string): void {
    // The official client writes it in lower case.
    if (text.toLowerCase() === 'ping') return subscriber.peer.send(text === 'PING' ? 'PONG' : 'pong')
    const message = parseObject(text)
    const list = message === undefined ? undefined : message.subscriptions
    if (!Array.isArray(list)) return
    const wanted = list.map(subscriptionOf).filter((item) => item !== undefined)
    // One filter a topic and connection: a second subscription replaces the first.
    const rest = subscriber.subscriptions.filter((old) => !wanted.some(({ name }) => name === old.name))
    if (message?.action === 'unsubscribe') {
      subscriber.subscriptions = rest
      return
    }
    subscriber.subscriptions = [...rest, ...wanted]
    for (const subscription of wanted) this.#snapshot(subscriber, subscription)
  }

  #snapshot(subscriber: Subscriber, subscription: Subscription): void {
    if (this.#faults.take('snapshot')) return
    const newest = this.#stamps.newest(this.#now())
    for (const asset of this.#assets(subscription)) {
      const seconds = Array.from({ length: SNAPSHOT_SECONDS }, (_, i) => newest - SNAPSHOT_SECONDS + 1 + i)
      const data = seconds
        .map((second) => subscription.topic.stamp(this.#stamps, asset, second))
        .filter((stamp) => stamp !== undefined)
        .map(({ timestamp, value }) => ({ timestamp, value }))
      this.#send(subscriber, subscription, asset, 'subscribe', { symbol: subscription.topic.symbolOf(asset), data })
    }
  }

  #send({ peer, id }: Subscriber, { name, topic }: Subscription, asset: string, type: string, payload: object): void {
    const timestamp = Math.floor(this.#now()) + this.#faults.offset('rtds')
    const text = JSON.stringify({ connection_id: id, topic: name, type, timestamp, payload })
    this.#outbox.send(peer, text, { kind: name, ids: [topic.symbolOf(asset), asset] })
  }
}

function update({ name, topic }: Subscription, stamp: Stamp): object {
  const { asset, timestamp, value, exact, places } = stamp
  // An integer scaled by 1e18, but a plain decimal on the mirror of Binance.
  const full = name === 'crypto_prices' ? value.toFixed(8) : String(exact * 10n ** BigInt(18 - places))
  return { symbol: topic.symbolOf(asset), timestamp, value, full_accuracy_value: full, ...topic.extra }
}

/** Undefined for an unknown topic, type or filter: the service says nothing about those. */
function subscriptionOf(item: unknown): Subscription | undefined {
  if (typeof item !== 'object' || item === null || !('topic' in item)) return undefined
  const name = String(item.topic)
  const topic = TOPICS[name]
  if (topic === undefined) return undefined
  if (!('filters' in item) || item.filters === undefined || item.filters === '')
    return { name, topic, asset: undefined }
  const symbol = parseObject(String(item.filters))?.symbol
  const asset = typeof symbol === 'string' ? topic.assetOf(symbol) : undefined
  return asset === undefined ? undefined : { name, topic, asset }
}
