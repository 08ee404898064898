import type { FastifyReply } from 'fastify'
import type { Role } from './auth.ts'
import type { DeskPort } from './desk-port.ts'

declare module 'fastify' {
  interface FastifyRequest {
    role: Role
    /** Token of the browser's session; null where a bearer token came instead. */
    session: string | null
  }
}

/** Carries out a command and replies with its outcome: 200 when it is done, 409 when it was refused or failed. */
export async function carryOut(desk: DeskPort, reply: FastifyReply, kind: string, body: object) {
  const outcome = await desk.dispatch({ ...body, kind }, 'http')
  return reply.status(outcome.outcome === 'done' ? 200 : 409).send(outcome)
}

export function refuse(reply: FastifyReply, status: number, error: string) {
  return reply.status(status).send({ error })
}
