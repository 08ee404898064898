import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Channel, Conversation, Peer, SimReply, SimRequest } from './wire.ts'

export interface ServiceOptions {
  /** 0 = a free port. */
  readonly port: number
  /** Market time of the service's clock, for the Date header. */
  clock(): number
  /** Absent: the service has no REST. */
  readonly handle?: (request: SimRequest) => SimReply
  /** Absent: the service has no sockets. */
  readonly socket?: { readonly path: string; readonly channel: Channel; readonly pingMs?: number }
}

export interface ServiceServer {
  readonly port: number
  readonly connections: number
  readonly opened: number
  readonly requests: number
  /** Cuts every connection without a close frame, and refuses new ones for `refuseMs` of real time. */
  drop(refuseMs: number): void
  close(): Promise<void>
}

/** Serves one of the venue's services on a port of its own. */
export async function serve(options: ServiceOptions): Promise<ServiceServer> {
  const { socket, handle } = options
  const sockets = new Map<WebSocket, () => void>()
  let refuseUntil = 0
  let requests = 0
  let opened = 0
  const isRefusing = () => performance.now() < refuseUntil
  const server = createServer((request, response) => {
    requests++
    if (isRefusing()) return request.socket.destroy()
    if (handle === undefined) return write(response, { status: 404, body: '' }, options.clock())
    readRequest(request, (read) => write(response, handle(read), options.clock()))
  })
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  server.on('upgrade', (request, stream, head) => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname
    if (socket === undefined || isRefusing() || path.replace(/\/$/, '') !== socket.path) {
      stream.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    upgrades.handleUpgrade(request, stream, head, (ws) => {
      opened++
      const ping = socket.pingMs === undefined ? undefined : setInterval(() => ws.ping(), socket.pingMs)
      const conversation = accept(ws, socket.channel)
      sockets.set(ws, () => clearInterval(ping))
      ws.on('close', () => {
        clearInterval(ping)
        sockets.delete(ws)
        conversation.closed()
      })
    })
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : options.port)
    })
  })
  const cut = () => {
    for (const [ws, stop] of sockets) {
      stop()
      ws.terminate()
    }
    server.closeAllConnections()
  }
  return {
    port,
    get connections() {
      return sockets.size
    },
    get opened() {
      return opened
    },
    get requests() {
      return requests
    },
    drop(refuseMs) {
      refuseUntil = performance.now() + refuseMs
      cut()
    },
    close() {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function accept(ws: WebSocket, channel: Channel): Conversation {
  const peer: Peer = {
    send: (text) => ws.send(text),
    close: (code, reason) => ws.close(code, reason),
    terminate: () => ws.terminate(),
  }
  const conversation = channel.connect(peer)
  ws.on('message', (data) => conversation.message(String(data)))
  ws.on('error', () => ws.terminate())
  return conversation
}

function readRequest(request: IncomingMessage, done: (request: SimRequest) => void): void {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () =>
    done({
      method: request.method ?? 'GET',
      path: url.pathname.length > 1 ? url.pathname.replace(/\/$/, '') : url.pathname,
      query: url.searchParams,
      body: Buffer.concat(chunks).toString(),
    }),
  )
}

function write(response: ServerResponse, { status, body, headers = {}, broken }: SimReply, clock: number): void {
  if (broken === 'hang') return
  if (broken === 'cut') {
    response.socket?.destroy()
    return
  }
  const text = typeof body === 'string' && headers['Content-Type'] !== undefined ? body : bodyText(body)
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    Date: new Date(clock).toUTCString(),
    'Content-Length': String(Buffer.byteLength(text)),
    ...headers,
  })
  if (broken === undefined) response.end(text)
  else response.write(text.slice(0, Math.floor(text.length / 2)), () => response.socket?.destroy())
}

const bodyText = (body: unknown): string => (body === '' ? '' : JSON.stringify(body))
