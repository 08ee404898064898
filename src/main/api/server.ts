import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import fastifyHelmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import fastifyWebsocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { z } from 'zod'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { COMMAND_KINDS, commandSchema, explain } from '../../shared/domain/commands.ts'
import { timeText } from '../../shared/domain/dates.ts'
import { CALLS } from '../../shared/ipc/calls.ts'
import { outageText } from '../../shared/ipc/outage-text.ts'
import { listDeployments, listTrades, listVersions } from '../db/queries.ts'
import { packageRoot } from '../platform/package-files.ts'
import { decodeJson } from '../platform/text.ts'
import {
  bearerOf,
  type Credentials,
  cookieName,
  cookieOf,
  mayCommand,
  type Role,
  roleOf,
  strangerRefusal,
} from './auth.ts'
import type { BrowserSessions } from './browser-sessions.ts'
import type { DeskPort } from './desk-port.ts'
import { openSocket } from './socket.ts'

declare module 'fastify' {
  interface FastifyRequest {
    role: Role
    /** Token of the browser's session; null where a bearer token came instead. */
    session: string | null
  }
}

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

const MAX_BACKLOG = 8 * 1024 * 1024

const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  slot: z.string().optional(),
  version: z.string().optional(),
})

/** `?by=version,regime&market=paper&from=…`; times as `parseTime` takes them. */
const attributionQuery = CALLS['attribution.records'].input.shape.filter.extend({
  by: z
    .string()
    .default('version,market')
    .transform((text) => text.split(','))
    .pipe(CALLS['attribution.records'].input.shape.by),
  from: timeText.transform(({ ms }) => ms).optional(),
  to: timeText.transform(({ ms }) => ms).optional(),
})

/**
 * On every answer. Only the desk's own scripts run, also those of the editor's threads; styles are also written by the
 * editor and the chart; nothing may show the desk in a frame. It is served over plain HTTP on loopback, so that nothing is
 * said of HTTPS.
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

/** A browser keeps its session for so long, in seconds; the desk, until it is revoked. */
const COOKIE_SECONDS = 400 * 24 * 3600

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

/**
 * Bodies are JSON as any shell writes it: with a byte-order mark, as UTF-16, or none at all, which is an empty object.
 * A kill never fails on form (I5): of a body that is no JSON it is carried out without one.
 */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (bytes.length === 0) return done(null, {})
    const json = decodeJson(bytes)
    if (json.ok) return done(null, json.value)
    if (isKill(request)) return done(null, {})
    done(Object.assign(new Error(`the body must be JSON: ${json.error}`), { statusCode: 400 }))
  })
}

/** A request for a kill, however its address is written. */
function isKill({ method, url }: FastifyRequest): boolean {
  return method === 'POST' && /^\/api\/control\/kill\/*(\?|$)/i.test(url)
}

/** Every route: exact host and origin, then the token. Signing in is the one way to come without a header. */
function guard(app: FastifyInstance, desk: DeskPort, credentials: Credentials, sessions: BrowserSessions): void {
  app.addHook('onRequest', async (request, reply) => {
    const stranger = strangerRefusal(request.headers, credentials)
    if (stranger !== null) return refuse(reply, 403, stranger)
    const signIn = signInToken(request)
    const token = signIn ?? bearerOf(request.headers)
    const session = token === undefined ? cookieOf(request.headers, cookieName(portOf(app))) : undefined
    const role =
      token !== undefined ? roleOf(token, credentials) : session === undefined ? undefined : sessions.roleOf(session)
    if (role === undefined) {
      const what =
        token !== undefined
          ? 'the token is wrong'
          : session === undefined
            ? 'a token is needed'
            : 'this session has ended'
      return refuse(
        reply,
        401,
        `${what}: open the address the desk printed, or send "Authorization: Bearer <api-token>" from the home folder`,
      )
    }
    request.role = role
    request.session = session ?? null
    if (signIn === undefined) return
    reply.header('set-cookie', cookieText(portOf(app), sessions.begin(role), COOKIE_SECONDS))
    return reply.redirect('/')
  })
  app.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    // I5: what is wrong with the form of a kill is no reason not to kill. The guard has let the request in by then.
    if (isKill(request)) return carryOut(desk, reply, 'kill', {})
    const status = error.statusCode ?? 500
    return reply
      .status(status)
      .send({ error: status >= 500 ? `the desk could not answer: ${error.message}` : error.message })
  })
  app.setNotFoundHandler((request, reply) => {
    if (isKill(request)) return carryOut(desk, reply, 'kill', {})
    const command = /^\/api\/control\/([^/?]+)/.exec(request.url)?.[1]
    const message =
      command === undefined
        ? `no such route: ${request.method} ${request.url}`
        : `no such command: ${command}; there are ${COMMAND_KINDS.join(', ')}`
    return reply.status(404).send({ error: message })
  })
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function cookieText(port: number, value: string, seconds: number): string {
  return `${cookieName(port)}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${seconds}`
}

/** Ends the session of this browser, or of every browser. */
function signOut(app: FastifyInstance, sessions: BrowserSessions): void {
  app.post('/api/sign-out', (request, reply) => {
    const body = signOutSchema.safeParse(request.body ?? {})
    if (!body.success) return refuse(reply, 400, explain(body.error))
    const { all } = body.data
    if (all && request.role !== 'window')
      return refuse(reply, 403, "signing every browser out needs the token of the desk's own window")
    if (!all && request.session === null)
      return refuse(reply, 400, 'no browser is signed in by this request: say "all"')
    const count = sessions.revoke(all ? null : request.session)
    reply.header('set-cookie', cookieText(portOf(app), '', 0))
    return { signedOut: count }
  })
}

const signOutSchema = z.strictObject({ all: z.boolean().default(false) })

async function carryOut(desk: DeskPort, reply: FastifyReply, kind: string, body: object) {
  const outcome = await desk.dispatch({ ...body, kind }, 'http')
  return reply.status(outcome.outcome === 'done' ? 200 : 409).send(outcome)
}

function refuse(reply: FastifyReply, status: number, error: string) {
  return reply.status(status).send({ error })
}

function signInToken(request: FastifyRequest): string | undefined {
  if (request.method !== 'GET' || !request.url.startsWith('/?')) return undefined
  return new URLSearchParams(request.url.slice(2)).get('token') ?? undefined
}

function routes(app: FastifyInstance, desk: DeskPort): void {
  const { db } = desk
  app.get('/healthz', () => {
    const { trading, outages } = desk.status()
    const stopped = outages.filter(({ kind }) => kind !== 'no-prices')
    return { ok: !desk.hasFailed() && stopped.length === 0, trading, outages: outageText(outages) }
  })
  app.get('/api/status', () => desk.status())
  app.get('/api/versions', () => listVersions(db))
  app.get('/api/deployments', (request, reply) => {
    const query = listQuery.safeParse(request.query)
    return query.success ? listDeployments(db, query.data.limit) : refuse(reply, 400, explain(query.error))
  })
  app.get('/api/trades', (request, reply) => {
    const query = listQuery.safeParse(request.query)
    return query.success ? listTrades(db, query.data) : refuse(reply, 400, explain(query.error))
  })
  app.get('/api/attribution', (request, reply) => {
    const query = attributionQuery.safeParse(request.query)
    if (!query.success) return refuse(reply, 400, explain(query.error))
    const { by, ...filter } = query.data
    return desk.call('attribution.records', { by, filter }, 'http')
  })
  app.get('/api/tape', () => desk.call('tapes.list', {}, 'http'))
  app.get('/api/events', (request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    reply.raw.write(': connected\n\n')
    const end = desk.subscribe((push) => {
      // Whoever reads this much slower than the desk speaks is dropped.
      if (reply.raw.writableLength > MAX_BACKLOG) reply.raw.destroy()
      else reply.raw.write(`event: ${push.kind}\ndata: ${JSON.stringify(push)}\n\n`)
    })
    request.raw.on('close', end)
  })
  for (const kind of COMMAND_KINDS) {
    app.post(`/api/control/${kind}`, async (request, reply) => {
      const { body } = request
      const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
      if (body !== null && body !== undefined && !isObject && kind !== 'kill')
        return refuse(reply, 400, 'the body must be a JSON object')
      if (!mayCommand(request.role, kind)) return refuse(reply, 403, `${kind} needs the token of the desk's own window`)
      return carryOut(desk, reply, kind, isObject ? body : {})
    })
  }
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
