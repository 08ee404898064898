import type { CallInput, CallName, CallOutput } from '../../shared/ipc/calls.ts'
import type { ClientFrame, DeskClient, DeskPush } from '../../shared/ipc/connection.ts'
import { parseFrame, parseOutput } from './wire.ts'

type SocketState = 'connecting' | 'connected' | 'lost'

interface PendingCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** What the socket client uses of the browser; tests pass fakes. */
export interface SocketEnvironment {
  open(): WebSocket
  /** HTTP status of a plain request to the desk; null when the request fails. */
  probe(): Promise<number | null>
  after(delayMs: number, run: () => void): () => void
}

/** Milliseconds before reconnect attempt `n` (from 0): doubles from 250, at most 5,000. */
export function backoffMs(attempt: number): number {
  return Math.min(5_000, 250 * 2 ** Math.min(attempt, 10))
}

/** Client over a WebSocket on the page's own origin. Reconnects until the page is closed. */
export class SocketDeskClient implements DeskClient {
  private readonly environment: SocketEnvironment
  private readonly pushListeners = new Set<(push: DeskPush) => void>()
  private readonly connectionListeners = new Set<(state: SocketState) => void>()
  private readonly signedOutListeners = new Set<() => void>()
  private readonly pending = new Map<number, PendingCall>()
  private state: SocketState = 'connecting'
  private socket: WebSocket | null = null
  private nextId = 1
  private failedAttempts = 0

  constructor(environment: SocketEnvironment) {
    this.environment = environment
    this.connect()
  }

  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    const { socket } = this
    if (socket === null || socket.readyState !== socket.OPEN) {
      return Promise.reject(new Error('the desk is not connected'))
    }
    const id = this.nextId
    this.nextId += 1
    const frame: ClientFrame = { t: 'call', id, name, input }
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: (value) => resolve(parseOutput(name, value)), reject })
      socket.send(JSON.stringify(frame))
    })
  }

  onPush(listener: (push: DeskPush) => void): () => void {
    this.pushListeners.add(listener)
    return () => this.pushListeners.delete(listener)
  }

  onConnection(listener: (state: SocketState) => void): () => void {
    this.connectionListeners.add(listener)
    listener(this.state)
    return () => this.connectionListeners.delete(listener)
  }

  /** Called when the desk answers but rejects this browser's session: the address with the token must be opened again. */
  onSignedOut(listener: () => void): () => void {
    this.signedOutListeners.add(listener)
    return () => this.signedOutListeners.delete(listener)
  }

  private connect(): void {
    const socket = this.environment.open()
    this.socket = socket
    socket.addEventListener('open', () => {
      this.failedAttempts = 0
      this.setState('connected')
    })
    socket.addEventListener('message', (event) => {
      const data: unknown = event.data
      if (typeof data === 'string') this.receive(data)
    })
    socket.addEventListener('close', () => {
      if (this.socket === socket) this.reconnect()
    })
  }

  private reconnect(): void {
    this.socket = null
    this.rejectPending()
    this.setState('lost')
    // A browser does not reveal why an upgrade was refused; the status of a plain request does.
    void this.environment.probe().then((status) => {
      if (status === 401 || status === 403) for (const listener of this.signedOutListeners) listener()
    })
    this.environment.after(backoffMs(this.failedAttempts), () => this.connect())
    this.failedAttempts += 1
  }

  private receive(text: string): void {
    const frame = parseFrame(text)
    if (frame.t === 'push') {
      for (const listener of this.pushListeners) listener(frame.push)
      return
    }
    const call = this.pending.get(frame.id)
    if (call === undefined) return
    this.pending.delete(frame.id)
    if (frame.t === 'reply') call.resolve(frame.value)
    else call.reject(new Error(frame.error))
  }

  private setState(state: SocketState): void {
    if (state === this.state) return
    this.state = state
    for (const listener of this.connectionListeners) listener(state)
  }

  private rejectPending(): void {
    const error = new Error('the connection to the desk was lost before it answered')
    for (const call of this.pending.values()) call.reject(error)
    this.pending.clear()
  }
}
