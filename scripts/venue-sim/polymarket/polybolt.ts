import type { Faults } from './faults.ts'
import { decimalText, type Stamp, type Stamps } from './price-feed.ts'
import { type Channel, type Conversation, type Outbox, type Peer, parseObject } from './wire.ts'

const SNAPSHOT_SECONDS = 120
const MOST_SUBSCRIPTIONS = 64
/** Subscribe frames a second, and bytes of a frame. */
const MOST_FRAMES = 20
const MOST_BYTES = 65_536

export interface Credentials {
  readonly apiKey: string
  readonly secret: string
  readonly passphrase: string
}

export interface PolyBoltContext {
  readonly stamps: Stamps
  readonly faults: Faults
  readonly outbox: Outbox
  readonly credentials: Credentials
  now(): number
}

type ChannelName = 'price.crypto' | 'price.crypto.twap'

interface Subscription {
  readonly channel: ChannelName
  readonly symbol: string
  /** Undefined for a symbol or a window that the service does not have: its snapshot is empty. */
  readonly asset: string | undefined
  readonly windowSeconds: number | undefined
}

interface Subscriber {
  readonly peer: Peer
  isAuthed: boolean
  subscriptions: readonly Subscription[]
  readonly sequences: Map<ChannelName, number>
  /** Market times of the last subscribe frames. */
  frames: readonly number[]
}

/** The successor of RTDS: prices after a login with API credentials, numbered by channel over all symbols. */
export class PolyBolt implements Channel {
  readonly #context: PolyBoltContext
  readonly #subscribers = new Set<Subscriber>()

  constructor(context: PolyBoltContext) {
    this.#context = context
  }

  connect(peer: Peer): Conversation {
    const subscriber: Subscriber = { peer, isAuthed: false, subscriptions: [], sequences: new Map(), frames: [] }
    this.#subscribers.add(subscriber)
    return {
      message: (text) => this.#message(subscriber, text),
      closed: () => {
        this.#subscribers.delete(subscriber)
        this.#context.outbox.forget(peer)
      },
    }
  }

  publish(second: number): void {
    for (const subscriber of this.#subscribers) {
      for (const subscription of subscriber.subscriptions) {
        const stamp = this.#stamp(subscription, second)
        if (stamp === undefined) continue
        const { symbol } = subscription
        this.#send(subscriber, subscription, stamp.timestamp, false, { ...row(stamp), symbol, ...extra(subscription) })
      }
    }
  }

  sendRaw(text: string): void {
    for (const { peer } of this.#subscribers) peer.send(text)
  }

  /** Closes every connection with one of the service's codes: 4001 login, 4002 slow, 4003 restart, 4008 policy. */
  closeAll(code: number): void {
    for (const { peer } of this.#subscribers) peer.close(code)
  }

  #stamp({ asset, channel }: Subscription, second: number): Stamp | undefined {
    if (asset === undefined) return undefined
    const { stamps } = this.#context
    return channel === 'price.crypto' ? stamps.spot(asset, second) : stamps.twap(asset, second)
  }

  #message(subscriber: Subscriber, text: string): void {
    const { peer } = subscriber
    const say = (message: object) => peer.send(JSON.stringify(message))
    if (text.length > MOST_BYTES) return peer.close(4008, 'frame too large')
    const message = parseObject(text)
    const { op, rid } = message ?? {}
    const answer = rid === undefined ? {} : { rid }
    switch (op) {
      case 'ping':
        return say({ op: 'pong', ...answer })
      case 'auth':
        return this.#auth(subscriber, message?.auth, answer)
      case 'subscribe':
      case 'unsubscribe':
        if (!subscriber.isAuthed) return say({ op: 'error', code: 'auth_required', ...answer })
        return this.#change(subscriber, op, message?.subscriptions, answer)
      default:
        return say({ op: 'error', code: 'bad_op', ...answer })
    }
  }

  #auth(subscriber: Subscriber, auth: unknown, answer: object): void {
    const { apiKey, secret, passphrase } = this.#context.credentials
    const given: Readonly<Record<string, unknown>> = typeof auth === 'object' && auth !== null ? { ...auth } : {}
    const isRight = given.apiKey === apiKey && given.secret === secret && given.passphrase === passphrase
    if (!isRight) {
      subscriber.peer.send(JSON.stringify({ op: 'error', code: 'auth_failed', ...answer }))
      return subscriber.peer.close(4001, 'auth failed')
    }
    subscriber.isAuthed = true
    subscriber.peer.send(JSON.stringify({ op: 'authed', ...answer }))
  }

  #change(subscriber: Subscriber, op: string, list: unknown, answer: object): void {
    const now = this.#context.now()
    subscriber.frames = [...subscriber.frames.filter((at) => now - at < 1000), now]
    if (subscriber.frames.length > MOST_FRAMES) return subscriber.peer.close(4008, 'too many frames')
    for (const item of Array.isArray(list) ? list : []) {
      const channel = channelOf(item)
      const subscription = channel === undefined ? undefined : this.#subscriptionOf(channel, item)
      if (subscription === undefined) {
        const named = channel === undefined ? {} : { channel }
        const code = channel === undefined ? 'bad_channel' : 'bad_filter'
        subscriber.peer.send(JSON.stringify({ op: 'error', ...named, ...answer, code }))
        continue
      }
      const isSame = (old: Subscription) =>
        old.channel === subscription.channel &&
        old.symbol === subscription.symbol &&
        old.windowSeconds === subscription.windowSeconds
      const rest = subscriber.subscriptions.filter((old) => !isSame(old))
      subscriber.subscriptions = op === 'subscribe' ? [...rest, subscription] : rest
      if (subscriber.subscriptions.length > MOST_SUBSCRIPTIONS) return subscriber.peer.close(4008, 'subscriptions')
      subscriber.peer.send(JSON.stringify({ op: `${op}d`, channel, ...answer }))
      if (op === 'subscribe') this.#snapshot(subscriber, subscription)
    }
  }

  #subscriptionOf(channel: ChannelName, item: object): Subscription | undefined {
    const filter: Readonly<Record<string, unknown>> =
      'filter' in item && typeof item.filter === 'object' && item.filter !== null ? { ...item.filter } : {}
    const symbol = filter.symbol
    const seconds = filter.window_seconds
    if (typeof symbol !== 'string') return undefined
    const isTwap = channel === 'price.crypto.twap'
    if (isTwap && typeof seconds !== 'number') return undefined
    const asset = /^([a-z]+)usd$/.exec(symbol)?.[1]?.toUpperCase()
    const isKnown = this.#context.stamps.assets.includes(asset ?? '') && (!isTwap || seconds === 60)
    return {
      channel,
      symbol,
      asset: isKnown ? asset : undefined,
      windowSeconds: isTwap ? Number(seconds) : undefined,
    }
  }

  #snapshot(subscriber: Subscriber, subscription: Subscription): void {
    const { stamps, faults, now } = this.#context
    if (faults.take('snapshot')) return
    const newest = stamps.newest(now())
    const seconds = Array.from({ length: SNAPSHOT_SECONDS }, (_, i) => newest - SNAPSHOT_SECONDS + 1 + i)
    const found = seconds.map((second) => this.#stamp(subscription, second)).filter((stamp) => stamp !== undefined)
    const payload = { data: found.map(row), symbol: subscription.symbol, ...extra(subscription) }
    this.#send(subscriber, subscription, found.at(-1)?.timestamp ?? Math.floor(now()), true, payload)
  }

  #send(subscriber: Subscriber, subscription: Subscription, ts: number, snapshot: boolean, payload: object): void {
    const { channel, symbol, asset = '' } = subscription
    const { outbox, faults } = this.#context
    const seq = (subscriber.sequences.get(channel) ?? 0) + 1
    subscriber.sequences.set(channel, seq)
    const head = { v: 1, channel, seq, ts: ts + faults.offset('polybolt') }
    const text = JSON.stringify({ ...head, ...(snapshot ? { snapshot } : {}), payload })
    outbox.send(subscriber.peer, text, { kind: channel, ids: [symbol, asset] })
  }
}

const row = (stamp: Stamp) => ({
  full_accuracy_value: decimalText(stamp),
  timestamp: stamp.timestamp,
  value: stamp.value,
})

const extra = ({ channel, windowSeconds }: Subscription) =>
  channel === 'price.crypto' ? { source: 'chainlink' } : { window_seconds: windowSeconds }

function channelOf(item: unknown): ChannelName | undefined {
  if (typeof item !== 'object' || item === null || !('channel' in item)) return undefined
  return item.channel === 'price.crypto' || item.channel === 'price.crypto.twap' ? item.channel : undefined
}
