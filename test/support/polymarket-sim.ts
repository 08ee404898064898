import { onTestFinished } from 'vitest'
import type { MarketWindow } from '../../scripts/venue-sim/polymarket/identity.ts'
import type { PolymarketOptions, PolymarketSim } from '../../scripts/venue-sim/polymarket/sim.ts'
import type { Peer, SimReply } from '../../scripts/venue-sim/polymarket/wire.ts'
import { type GeneratedSim, generatedSim, SIM_START, type VenueSim } from './venue-sim.ts'

export interface SteppedSim {
  readonly sim: VenueSim
  readonly pm: PolymarketSim
  /** Moves the market time forward, a second at a time. */
  step(ms: number): void
  close(): Promise<void>
}

/** A simulated Binance and Polymarket whose market time moves only by `step`. */
export async function steppedSim(
  polymarket: PolymarketOptions = {},
  options: Partial<GeneratedSim> = {},
): Promise<SteppedSim> {
  let time = options.startAt ?? SIM_START
  const sim = await generatedSim({ assets: ['BTC', 'ETH'], startAt: time, ...options, clock: () => time, polymarket })
  const pm = sim.polymarket
  if (pm === undefined) throw new Error('no Polymarket in this simulator')
  const step = (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      time += Math.min(1_000, left)
      sim.step()
    }
  }
  return { sim, pm, step, close: () => sim.close() }
}

/** The same with BTC alone, closed with the test that starts it. */
export async function startSteppedSim(options: PolymarketOptions = {}): Promise<SteppedSim> {
  const sim = await steppedSim({ assets: ['BTC'], ...options })
  onTestFinished(() => sim.close())
  return sim
}

export interface Frames {
  readonly texts: string[]
  /** Objects of all frames, those of arrays one by one. */
  events(type?: string): Readonly<Record<string, unknown>>[]
  clear(): void
  send(message: object | string): void
  readonly closed: { readonly code: number } | undefined
}

/** A connection to a service of the simulator without a socket, with what it was sent. */
export function framesOf(pm: PolymarketSim, service: 'market' | 'rtds' | 'polybolt'): Frames {
  const texts: string[] = []
  let closed: { readonly code: number } | undefined
  const end = (code: number) => {
    closed = { code }
    conversation.closed()
  }
  const peer: Peer = { send: (text) => texts.push(text), close: end, terminate: () => end(1006) }
  const conversation = pm.connect(service, peer)
  return {
    texts,
    events: (type) => texts.flatMap(objectsOf).filter((event) => type === undefined || event.event_type === type),
    clear: () => {
      texts.length = 0
    },
    send: (message) => conversation.message(typeof message === 'string' ? message : JSON.stringify(message)),
    get closed() {
      return closed
    },
  }
}

function objectsOf(text: string): Readonly<Record<string, unknown>>[] {
  if (!/^[[{]/.test(text)) return []
  try {
    const value: unknown = JSON.parse(text)
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    return list.filter((item) => typeof item === 'object' && item !== null).map((item) => ({ ...item }))
  } catch {
    return []
  }
}

/** A value that the test relies on. @throws when there is none */
export function known<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('nothing there')
  return value
}

/** Asks one of the REST services in process. */
export function ask(sim: SteppedSim, service: 'gamma' | 'clob' | 'site', path: string): SimReply {
  const url = new URL(path, 'http://127.0.0.1')
  return sim.pm.request(service, { method: 'GET', path: url.pathname, query: url.searchParams, body: '' })
}

/** The current 5-minute window of the first asset. */
export function currentWindow(sim: SteppedSim): MarketWindow {
  return known(sim.pm.windows().find(({ minutes }) => minutes === 5))
}

/** A connection to the market channel subscribed to both tokens of the current 5-minute window. */
export function subscribed(sim: SteppedSim, custom = true): Frames {
  const { up, down } = currentWindow(sim)
  const frames = framesOf(sim.pm, 'market')
  frames.send({ assets_ids: [up, down], type: 'market', custom_feature_enabled: custom })
  return frames
}
