import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { COMMAND_KINDS, explain } from '../../shared/domain/commands.ts'
import { timeText } from '../../shared/domain/dates.ts'
import { CALLS } from '../../shared/ipc/calls.ts'
import { outageText } from '../../shared/ipc/outage-text.ts'
import { listDeployments, listTrades, listVersions } from '../db/queries.ts'
import { mayCommand } from './auth.ts'
import type { DeskPort } from './desk-port.ts'
import { carryOut, refuse } from './replies.ts'

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

export function routes(app: FastifyInstance, desk: DeskPort): void {
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
      // A client that falls this far behind is disconnected.
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
