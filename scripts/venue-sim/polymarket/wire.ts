/** One side of a socket, real or in process. */
export interface Peer {
  send(text: string): void
  close(code: number, reason?: string): void
  /** Cuts the connection without a close frame. */
  terminate(): void
}

/** What the server keeps of one connection. */
export interface Conversation {
  message(text: string): void
  closed(): void
}

export interface Channel {
  connect(peer: Peer): Conversation
}

/** A channel that neither answers nor sends while `isMute`, not even to pings, as behind a dead link. */
export function mutable(channel: Channel, isMute: () => boolean): Channel {
  return {
    connect(peer) {
      const { message, closed } = channel.connect({
        ...peer,
        send: (text) => {
          if (!isMute()) peer.send(text)
        },
      })
      return {
        message: (text) => {
          if (!isMute()) message(text)
        },
        closed,
      }
    },
  }
}

export interface SimRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: string
}

export interface SimReply {
  readonly status: number
  /** Sent as JSON unless it is text. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Closes the connection instead of answering, never answers, or sends half of the body. */
  readonly broken?: 'cut' | 'hang' | 'half'
}

export const reply = (body: unknown, status = 200): SimReply => ({ status, body })
export const refusal = (status: number, error: string): SimReply => ({ status, body: { error } })

export const FRAME_FAULTS = ['drop', 'duplicate', 'half', 'delay', 'reorder'] as const
export type FrameFault = (typeof FRAME_FAULTS)[number]

/** What a frame is about, so that a fault can be limited to a part of the traffic. */
export interface FrameTopic {
  /** `book`, `price_change`, a topic of RTDS, a channel of PolyBolt. */
  readonly kind: string
  /** Token ids or symbols. */
  readonly ids: readonly string[]
}

export interface FrameFaultOptions {
  readonly kind?: string
  readonly id?: string
  /** Frames that it applies to. */
  readonly count?: number
  /** Market time of a delay. */
  readonly ms?: number
}

interface ArmedFault extends FrameFaultOptions {
  readonly fault: FrameFault
  left: number
}

const matches = ({ kind, id }: FrameFaultOptions, topic: FrameTopic): boolean =>
  (kind === undefined || kind === topic.kind) && (id === undefined || topic.ids.includes(id))

/** Sends frames of one service, and loses, delays, repeats, cuts or reorders those that a fault names. */
export class Outbox {
  readonly #now: () => number
  readonly #armed: ArmedFault[] = []
  #silences: (FrameFaultOptions & { readonly until: number })[] = []
  #delayed: { readonly at: number; readonly peer: Peer; readonly text: string }[] = []
  /** Frames that wait until the next one to the same peer has gone. */
  readonly #overtaken = new Map<Peer, string>()

  constructor(now: () => number) {
    this.#now = now
  }

  arm(fault: FrameFault, options: FrameFaultOptions): void {
    this.#armed.push({ fault, ...options, left: options.count ?? 1 })
  }

  /** Sends no frame of a kind or an id for `ms` of market time; connections stay open and pings are answered. */
  silence(ms: number, options: Pick<FrameFaultOptions, 'kind' | 'id'>): void {
    this.#silences.push({ ...options, until: this.#now() + ms })
  }

  isSilent(topic: FrameTopic): boolean {
    const now = this.#now()
    this.#silences = this.#silences.filter(({ until }) => until > now)
    return this.#silences.some((silence) => matches(silence, topic))
  }

  send(peer: Peer, text: string, topic: FrameTopic): void {
    if (this.isSilent(topic)) return
    const armed = this.#armed.find((fault) => fault.left > 0 && matches(fault, topic))
    if (armed === undefined) return this.#deliver(peer, text)
    armed.left--
    if (armed.left === 0) this.#armed.splice(this.#armed.indexOf(armed), 1)
    switch (armed.fault) {
      case 'drop':
        return
      case 'duplicate':
        this.#deliver(peer, text)
        return this.#deliver(peer, text)
      case 'half':
        return this.#deliver(peer, text.slice(0, Math.floor(text.length / 2)))
      case 'delay':
        this.#delayed.push({ at: this.#now() + (armed.ms ?? 1_000), peer, text })
        return
      case 'reorder':
        this.#overtaken.set(peer, text)
    }
  }

  /** Sends what was delayed until now. */
  flush(): void {
    const now = this.#now()
    const due = this.#delayed.filter(({ at }) => at <= now)
    if (due.length === 0) return
    this.#delayed = this.#delayed.filter(({ at }) => at > now)
    for (const { peer, text } of due) peer.send(text)
  }

  forget(peer: Peer): void {
    this.#overtaken.delete(peer)
    this.#delayed = this.#delayed.filter((frame) => frame.peer !== peer)
  }

  #deliver(peer: Peer, text: string): void {
    peer.send(text)
    const late = this.#overtaken.get(peer)
    if (late === undefined) return
    this.#overtaken.delete(peer)
    peer.send(late)
  }
}

/** A JSON object, or undefined for any other text. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

export function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
