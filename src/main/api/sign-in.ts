import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { COMMAND_KINDS, explain } from '../../shared/domain/commands.ts'
import { bearerOf, type Credentials, cookieName, cookieOf, roleOf, strangerRefusal } from './auth.ts'
import { isKill } from './bodies.ts'
import type { BrowserSessions } from './browser-sessions.ts'
import type { DeskPort } from './desk-port.ts'
import { carryOut, refuse } from './replies.ts'

/** A browser keeps its session for so long, in seconds; the desk, until it is revoked. */
const COOKIE_SECONDS = 400 * 24 * 3600
/** Every route: exact host and origin, then the token. Signing in is the one way to come without a header. */
export function guard(app: FastifyInstance, desk: DeskPort, credentials: Credentials, sessions: BrowserSessions): void {
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

function signInToken(request: FastifyRequest): string | undefined {
  if (request.method !== 'GET' || !request.url.startsWith('/?')) return undefined
  return new URLSearchParams(request.url.slice(2)).get('token') ?? undefined
}

/** Ends the session of this browser, or of every browser. */
export function signOut(app: FastifyInstance, sessions: BrowserSessions): void {
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
