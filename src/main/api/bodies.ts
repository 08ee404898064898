import type { FastifyInstance, FastifyRequest } from 'fastify'
import { decodeJson } from '../platform/text.ts'

/**
 * Parses request bodies as JSON, also with a byte-order mark or in UTF-16; an empty body is an empty object.
 * A kill never fails because of its form (I5): with an invalid body it is carried out without one.
 */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (bytes.length === 0) return done(null, {})
    const json = decodeJson(bytes)
    if (json.ok) return done(null, json.value)
    if (isKill(request)) return done(null, {})
    done(Object.assign(new Error(`the body must be JSON: ${json.error}`), { statusCode: 400 }))
  })
}

/** True for a request to kill, with or without trailing slash or capitals. */
export function isKill({ method, url }: FastifyRequest): boolean {
  return method === 'POST' && /^\/api\/control\/kill\/*(\?|$)/i.test(url)
}
