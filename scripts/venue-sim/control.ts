const MAX_STREAMS = 1024
/** Most messages per second on one connection. */
const MAX_MESSAGES = 5
const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY']

/** Subscriptions of one connection, changed by its control messages. */
export class Control {
  readonly streams: Set<string>
  #combined: boolean
  #received: number[] = []

  constructor(combined: boolean, streams: readonly string[]) {
    this.#combined = combined
    this.streams = new Set(streams.slice(0, MAX_STREAMS))
  }

  /** One event in the format of this connection. */
  wrap(stream: string, data: object): string {
    return JSON.stringify(this.#combined ? { stream, data } : data)
  }

  /** The answer to a control message; undefined after too many messages. @param now real milliseconds */
  answer(text: string, now: number): string | undefined {
    this.#received = [...this.#received.filter((at) => now - at < 1000), now]
    if (this.#received.length > MAX_MESSAGES) return undefined
    return JSON.stringify(this.#execute(text))
  }

  #execute(text: string): object {
    const request = parse(text)
    if (request === undefined) return { code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' }
    const { method, params, id } = request
    if (typeof method !== 'string')
      return { code: 2, msg: 'Invalid request: missing field `method` at line 1 column 1' }
    if (!METHODS.includes(method)) {
      return {
        code: 2,
        msg: `Invalid request: unknown variant \`${method}\`, expected one of \`${METHODS.join('`, `')}\``,
      }
    }
    if (id !== null && typeof id !== 'string' && !Number.isSafeInteger(id)) {
      return { code: 2, msg: 'Invalid request: request ID must be an integer, a string or null' }
    }
    const list: readonly unknown[] = Array.isArray(params) ? params : []
    return method.endsWith('SUBSCRIBE') ? this.#change(method, list, id) : this.#property(method, list, id)
  }

  #change(method: string, list: readonly unknown[], id: unknown): object {
    const names = list.filter((name) => typeof name === 'string')
    if (names.length !== list.length || names.length === 0) {
      return { code: 2, msg: 'Invalid request: params must be a list of stream names', id }
    }
    if (method === 'SUBSCRIBE' && this.streams.size + names.length > MAX_STREAMS) {
      return { code: 2, msg: 'Invalid request: too many parameters', id }
    }
    for (const name of names) {
      if (method === 'SUBSCRIBE') this.streams.add(name)
      else this.streams.delete(name)
    }
    return { result: null, id }
  }

  #property(method: string, list: readonly unknown[], id: unknown): object {
    if (method === 'LIST_SUBSCRIPTIONS') return { result: [...this.streams], id }
    if (list[0] !== 'combined') return { code: 0, msg: `Unknown property: ${String(list[0])}`, id }
    if (method === 'GET_PROPERTY') return { result: this.#combined, id }
    if (typeof list[1] !== 'boolean') return { code: 1, msg: 'Invalid value type: expected Boolean', id }
    this.#combined = list[1]
    return { result: null, id }
  }
}

interface Request {
  readonly method?: unknown
  readonly params?: unknown
  readonly id?: unknown
}

function parse(text: string): Request | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return undefined
  }
}
