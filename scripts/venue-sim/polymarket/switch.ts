import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PolymarketControls, SocketService } from './controls.ts'
import { COUNTED_FAULTS, HTTP_FAULTS, type ResolutionFault, type RowFault, SERVICES, type Service } from './faults.ts'
import { FRAME_FAULTS } from './wire.ts'

/** What one control does with the query and the body of its request. @throws for a bad value */
type Action = (sim: PolymarketControls, query: URLSearchParams, body: string) => void

const ACTIONS: Readonly<Record<string, Action>> = {
  drop: (sim, query) => sim.drop(optional(query, 'service', SERVICES), number(query, 'refuse', 0)),
  silence: (sim, query) => sim.silence(socketService(query), number(query, 'ms', 15_000), about(query)),
  mute: (sim, query) => sim.mute(socketService(query), number(query, 'ms', 15_000)),
  frames: (sim, query) =>
    sim.frames(socketService(query), one(query, 'fault', FRAME_FAULTS), {
      ...about(query),
      count: number(query, 'count', 1),
      ms: number(query, 'ms', 1_000),
    }),
  count: (sim, query) => sim.count(one(query, 'fault', COUNTED_FAULTS), number(query, 'count', 1)),
  http: (sim, query) =>
    sim.http(one(query, 'fault', HTTP_FAULTS), {
      service: optional(query, 'service', SERVICES),
      path: query.get('path') ?? undefined,
      count: number(query, 'count', 1),
    }),
  'http-clear': (sim) => sim.clearHttp(),
  ghost: (sim, query) => sim.ghost(text(query, 'token'), number(query, 'ms', 30_000)),
  tick: (sim, query) => sim.tick(text(query, 'slug'), number(query, 'tick', 0.001)),
  'lose-stamp': (sim, query) => sim.loseStamp(text(query, 'slug'), one(query, 'at', ['start', 'end'])),
  resolution: (sim, query) => sim.resolution(query.get('target') ?? '*', resolutionFault(query)),
  row: (sim, query) => sim.row(query.get('target') ?? '*', rowFault(query)),
  clock: (sim, query) => sim.clock(one(query, 'service', SERVICES), number(query, 'ms', 0)),
  geoblock: (sim, query) =>
    sim.geoblock({
      blocked: query.get('blocked') === '1',
      country: query.get('country') ?? 'US',
      region: query.get('region') ?? 'NY',
    }),
  raw: (sim, query, body) => sim.raw(socketService(query), body),
  'close-polybolt': (sim, query) => sim.closePolyBolt(number(query, 'code', 4003)),
}

/** `POST /sim/pm/<control>?…`, one for each of `PolymarketControls`. */
export function handlePolymarketControl(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  sim: PolymarketControls,
): void {
  const action = ACTIONS[url.pathname.slice('/sim/pm/'.length)]
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (action === undefined || request.method !== 'POST') {
      return answer(404, { error: `no such control: ${url.pathname}`, controls: Object.keys(ACTIONS) })
    }
    try {
      action(sim, url.searchParams, Buffer.concat(chunks).toString())
    } catch (error) {
      return answer(400, { error: error instanceof Error ? error.message : String(error) })
    }
    answer(200, {})
  })
}

function one<T extends string>(query: URLSearchParams, name: string, allowed: readonly T[]): T {
  const value = optional(query, name, allowed)
  if (value === undefined) throw new Error(`${name}: one of ${allowed.join(', ')}`)
  return value
}

function optional<T extends string>(query: URLSearchParams, name: string, allowed: readonly T[]): T | undefined {
  const value = query.get(name)
  if (value === null) return undefined
  const found = allowed.find((item) => item === value)
  if (found === undefined) throw new Error(`${name}: one of ${allowed.join(', ')}`)
  return found
}

function text(query: URLSearchParams, name: string): string {
  const value = query.get(name)
  if (value === null || value === '') throw new Error(`${name}: missing`)
  return value
}

function number(query: URLSearchParams, name: string, fallback: number): number {
  const value = Number(query.get(name) ?? fallback)
  if (!Number.isFinite(value)) throw new Error(`${name}: not a number`)
  return value
}

const socketService = (query: URLSearchParams): SocketService =>
  one(query, 'service', ['market', 'rtds', 'polybolt'] satisfies readonly Service[])

function about(query: URLSearchParams): { readonly kind?: string; readonly id?: string } {
  const kind = query.get('kind')
  const id = query.get('id')
  return { ...(kind === null ? {} : { kind }), ...(id === null ? {} : { id }) }
}

function resolutionFault(query: URLSearchParams): ResolutionFault {
  const winner = optional(query, 'winner', ['Up', 'Down', 'split'])
  return {
    ...(query.has('after') ? { afterMs: number(query, 'after', 0) } : {}),
    ...(winner === undefined ? {} : { winner }),
    contradictory: query.get('contradictory') === '1',
    silent: query.get('silent') === '1',
  }
}

function rowFault(query: URLSearchParams): RowFault {
  const set = ['version', 'feeType', 'resolutionSource'].flatMap((name) => {
    const value = query.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  return {
    missing: query.get('missing') === '1',
    ...(query.has('late') ? { lateMs: number(query, 'late', 0) } : {}),
    without: (query.get('without') ?? '').split(',').filter((name) => name !== ''),
    reversed: query.get('reversed') === '1',
    set: Object.fromEntries(set),
  }
}
