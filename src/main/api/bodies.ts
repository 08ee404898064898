import type { FastifyInstance, FastifyRequest } from 'fastify'
import { decodeJson } from '../platform/text.ts'

/**
 * Bodies are JSON as any shell writes it: with a byte-order mark, as UTF-16, or none at all, which is an empty object.
 * A kill never fails on form (I5): of a body that is no JSON it is carried out without one.
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

/** A request for a kill, however its address is written. */
export function isKill({ method, url }: FastifyRequest): boolean {
  return method === 'POST' && /^\/api\/control\/kill\/*(\?|$)/i.test(url)
}
