import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import fastifyHelmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyInstance } from 'fastify'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { commandSchema } from '../../shared/domain/commands.ts'
import { packageRoot } from '../platform/package-files.ts'
import type { Credentials } from './auth.ts'
import { readBodies } from './bodies.ts'
import type { BrowserSessions } from './browser-sessions.ts'
import type { DeskPort } from './desk-port.ts'
import { routes } from './routes.ts'
import { guard, signOut } from './sign-in.ts'
import { openSocket } from './socket.ts'

export interface ApiOptions {
  readonly desk: DeskPort
  readonly sessions: BrowserSessions
  readonly port: number
  readonly windowToken: string
  readonly remoteToken: string
}

export interface RunningApi {
  readonly port: number
  /** Address that signs a browser in as the desk's own window. */
  readonly address: string
  close(): Promise<void>
}

/**
 * Headers of every reply. Scripts come from the desk alone, those of the editor's threads included; the editor and the chart
 * also set inline styles; no page may frame the desk. No HSTS: it is served over plain HTTP on loopback.
 */
const HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      fontSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      workerSrc: ["'self'", 'blob:'],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  hsts: false,
} as const

/** HTTP, server-sent events and the browser desk, on loopback alone. */
export async function startApi(options: ApiOptions): Promise<Result<RunningApi>> {
  const app = Fastify({ logger: false, bodyLimit: 2 * 1024 * 1024, forceCloseConnections: true })
  const hosts = new Set<string>()
  const credentials: Credentials = { windowToken: options.windowToken, remoteToken: options.remoteToken, hosts }
  app.decorateRequest('role', 'remote')
  readBodies(app)
  app.decorateRequest('session', null)
  await app.register(fastifyHelmet, HEADERS)
  const { sessions } = options
  // Before the guard: it closes the sockets of upgrades that the guard refuses only when it saw them first.
  await app.register(fastifyWebsocket, { options: { maxPayload: 2 * 1024 * 1024 } })
  guard(app, options.desk, credentials, sessions)
  routes(app, options.desk)
  signOut(app, sessions)
  browserDesk(app, options.desk, sessions)
  try {
    await app.listen({ host: '127.0.0.1', port: options.port })
  } catch (error) {
    await app.close()
    const taken = error instanceof Error && Reflect.get(error, 'code') === 'EADDRINUSE'
    return err(
      taken
        ? `port ${options.port} is taken; choose another with --port, or 0 for none`
        : `the API could not listen: ${String(error)}`,
    )
  }
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  for (const name of ['127.0.0.1', 'localhost']) hosts.add(`${name}:${port}`)
  await warmUp(port, options.remoteToken)
  return ok({ port, address: `http://127.0.0.1:${port}/?token=${options.windowToken}`, close: () => app.close() })
}

/**
 * Sends one command that does not exist, over the socket: the first kill after a start then finds code that has run before,
 * and takes no longer than the next.
 */
async function warmUp(port: number, token: string): Promise<void> {
  commandSchema.safeParse({ kind: 'kill' })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  await new Promise<void>((resolve) => {
    const sent = request(
      { host: '127.0.0.1', port, method: 'POST', path: '/api/control/none', headers, agent: false },
      (reply) => {
        reply.resume()
        reply.once('close', resolve)
      },
    )
    sent.once('error', () => resolve())
    sent.end('{}')
  })
}

/** The renderer, served as it was built, and its socket. */
function browserDesk(app: FastifyInstance, desk: DeskPort, sessions: BrowserSessions): void {
  const root = join(packageRoot(), 'out/renderer')
  app.get('/ws', { websocket: true }, (socket, request) => {
    if (request.session !== null) sessions.hold(request.session, socket)
    openSocket(socket, desk, request.role)
  })
  if (existsSync(root)) {
    void app.register(fastifyStatic, { root, cacheControl: true, etag: true })
  } else {
    app.get('/', (_request, reply) =>
      reply.type('text/plain').send('The desk runs; its window is not built. Run "npm run build" and reload.'),
    )
  }
}
