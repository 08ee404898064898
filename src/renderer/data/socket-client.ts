import type { CallInput, CallName, CallOutput } from '../../shared/ipc/calls.ts'
import type { ClientFrame, DeskClient, DeskPush, ServerFrame } from '../../shared/ipc/connection.ts'

type Connection = 'connecting' | 'connected' | 'lost'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** What a socket desk needs of its surroundings; tests pass fakes. */
export interface SocketEnvironment {
  open(): WebSocket
  /** HTTP status the desk's origin answers with; null when nobody answers. */
  probe(): Promise<number | null>
  after(delayMs: number, run: () => void): () => void
}

export interface SocketDeskClient extends DeskClient {
  /** Told when the desk answers but does not know this browser: the address with its token has to be opened again. */
  onSignedOut(listener: () => void): () => void
}

/** Wait before attempt `n` (from 0): quick at first, never longer than five seconds. */
export function backoffMs(attempt: number): number {
  return Math.min(5_000, 250 * 2 ** Math.min(attempt, 10))
}

/** The desk behind a WebSocket on the page's own origin. It reconnects by itself until the page is closed. */
export function createSocketDeskClient(environment: SocketEnvironment): SocketDeskClient {
  const pushListeners = new Set<(push: DeskPush) => void>()
  const connectionListeners = new Set<(state: Connection) => void>()
  const signedOutListeners = new Set<() => void>()
  const pending = new Map<number, Pending>()
  let connection: Connection = 'connecting'
  let socket: WebSocket | null = null
  let nextId = 1
  let attempt = 0

  const tell = (state: Connection): void => {
    if (state === connection) return
    connection = state
    for (const listener of connectionListeners) listener(state)
  }

  const failPending = (): void => {
    const lost = new Error('the connection to the desk was lost before it answered')
    for (const call of pending.values()) call.reject(lost)
    pending.clear()
  }

  const receive = (text: string): void => {
    const frame = JSON.parse(text) as ServerFrame
    if (frame.t === 'push') {
      for (const listener of pushListeners) listener(frame.push)
      return
    }
    const call = pending.get(frame.id)
    if (call === undefined) return
    pending.delete(frame.id)
    if (frame.t === 'reply') call.resolve(frame.value)
    else call.reject(new Error(frame.error))
  }

  const connect = (): void => {
    const opened = environment.open()
    socket = opened
    opened.addEventListener('open', () => {
      attempt = 0
      tell('connected')
    })
    opened.addEventListener('message', (event) => {
      const data: unknown = event.data
      if (typeof data === 'string') receive(data)
    })
    opened.addEventListener('close', () => {
      if (socket !== opened) return
      socket = null
      failPending()
      tell('lost')
      // A browser hides why an upgrade was refused; a plain request to the same desk says it.
      void environment.probe().then((status) => {
        if (status === 401 || status === 403) for (const listener of signedOutListeners) listener()
      })
      environment.after(backoffMs(attempt), connect)
      attempt += 1
    })
  }

  connect()

  return {
    call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
      const open = socket
      if (open === null || open.readyState !== open.OPEN) {
        return Promise.reject(new Error('the desk is not connected'))
      }
      const id = nextId
      nextId += 1
      const frame: ClientFrame = { t: 'call', id, name, input }
      return new Promise((resolve, reject) => {
        // The desk answers by the contract; types are gone on the wire.
        pending.set(id, { resolve: (value) => resolve(value as CallOutput<N>), reject })
        open.send(JSON.stringify(frame))
      })
    },
    onPush(listener) {
      pushListeners.add(listener)
      return () => pushListeners.delete(listener)
    },
    onConnection(listener) {
      connectionListeners.add(listener)
      listener(connection)
      return () => connectionListeners.delete(listener)
    },
    onSignedOut(listener) {
      signedOutListeners.add(listener)
      return () => signedOutListeners.delete(listener)
    },
  }
}
