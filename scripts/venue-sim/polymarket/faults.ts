import type { Resolution } from './exchange.ts'
import type { MarketWindow, Outcome } from './identity.ts'
import type { SimReply, SimRequest } from './wire.ts'

export const SERVICES = ['gamma', 'clob', 'market', 'rtds', 'polybolt', 'site'] as const
export type Service = (typeof SERVICES)[number]

export const HTTP_FAULTS = [
  '400',
  '403-region',
  '403-cloudflare',
  '404',
  '425',
  '429',
  '500',
  '503-post-only',
  '503-cancel-only',
  '503-disabled',
  'html',
  'cut',
  'hang',
  'half',
] as const
export type HttpFault = (typeof HTTP_FAULTS)[number]

/** What is wrong with the Gamma row of some windows. */
export interface RowFault {
  readonly missing?: boolean
  /** Market time after the window's start at which the row appears. */
  readonly lateMs?: number
  readonly without?: readonly string[]
  readonly reversed?: boolean
  /** Values put in the place of the right ones: `version`, `feeType`, `resolutionSource`, … */
  readonly set?: Readonly<Record<string, unknown>>
}

export interface ResolutionFault {
  readonly afterMs?: number
  readonly winner?: Resolution
  /** The event of the market channel names the other outcome than Gamma does. */
  readonly contradictory?: boolean
  /** The market channel never tells. */
  readonly silent?: boolean
}

interface ArmedHttp {
  readonly fault: HttpFault
  readonly service: Service | undefined
  readonly path: string | undefined
  left: number
}

const HTML =
  '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>error code: 1010</body></html>'

/** Every fault that is not about single frames. Targets are a slug, an asset or `*`. */
export class Faults {
  readonly #http: ArmedHttp[] = []
  readonly #muteUntil = new Map<Service, number>()
  readonly #offsets = new Map<Service, number>()
  readonly #rows = new Map<string, RowFault>()
  readonly #resolutions = new Map<string, ResolutionFault>()
  readonly #ghosts = new Map<string, number>()
  readonly #missingStamps = new Set<string>()
  readonly #counters = new Map<string, number>()

  /** @param count requests that fail */
  armHttp(fault: HttpFault, { service, path, count = 1 }: HttpFaultOptions = {}): void {
    this.#http.push({ fault, service, path, left: count })
  }

  /** Ends all HTTP faults. */
  clearHttp(): void {
    this.#http.length = 0
  }

  /** The reply of an armed fault; undefined when the request is to be served. */
  takeHttp(service: Service, { path }: SimRequest): SimReply | undefined {
    const armed = this.#http.find(
      (fault) =>
        (fault.service === undefined || fault.service === service) &&
        (fault.path === undefined || path.startsWith(fault.path)),
    )
    if (armed === undefined) return undefined
    armed.left--
    if (armed.left <= 0) this.#http.splice(this.#http.indexOf(armed), 1)
    return faultReply(armed.fault)
  }

  /** @param until market time */
  setMute(service: Service, until: number): void {
    this.#muteUntil.set(service, until)
  }

  isMute(service: Service, now: number): boolean {
    return now < (this.#muteUntil.get(service) ?? 0)
  }

  setOffset(service: Service, ms: number): void {
    this.#offsets.set(service, ms)
  }

  offset(service: Service): number {
    return this.#offsets.get(service) ?? 0
  }

  setRow(target: string, fault: RowFault): void {
    this.#rows.set(target, fault)
  }

  row(window: MarketWindow): RowFault {
    return byTarget(this.#rows, window) ?? {}
  }

  setResolution(target: string, fault: ResolutionFault): void {
    this.#resolutions.set(target, fault)
  }

  resolution(window: MarketWindow): ResolutionFault {
    return byTarget(this.#resolutions, window) ?? {}
  }

  /** REST shows .01/.99 for a token until a market time. */
  setGhost(token: string, until: number): void {
    this.#ghosts.set(token, until)
  }

  isGhost(token: string, now: number): boolean {
    return now < (this.#ghosts.get(token) ?? 0)
  }

  /** Withholds one second of the price feeds. @param second Unix seconds */
  loseStamp(asset: string, second: number): void {
    this.#missingStamps.add(`${asset}${second}`)
  }

  isLost(asset: string, second: number): boolean {
    return this.#missingStamps.has(`${asset}${second}`)
  }

  /** Arms a fault that is counted down by `take`. */
  count(name: CountedFault, count: number): void {
    this.#counters.set(name, count)
  }

  take(name: CountedFault): boolean {
    const left = this.#counters.get(name) ?? 0
    if (left > 0) this.#counters.set(name, left - 1)
    return left > 0
  }
}

export const COUNTED_FAULTS = ['snapshot', 'book-hash', 'delta-hash'] as const
export type CountedFault = (typeof COUNTED_FAULTS)[number]

export interface HttpFaultOptions {
  readonly service?: Service | undefined
  /** Beginning of the path. */
  readonly path?: string | undefined
  readonly count?: number
}

function byTarget<T>(faults: ReadonlyMap<string, T>, window: MarketWindow): T | undefined {
  return faults.get(window.slug) ?? faults.get(window.asset) ?? faults.get('*')
}

export const other = (outcome: Outcome): Outcome => (outcome === 'Up' ? 'Down' : 'Up')

function faultReply(fault: HttpFault): SimReply {
  const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): SimReply => ({
    status,
    body,
    headers,
  })
  switch (fault) {
    case '400':
      return json(400, { error: 'Invalid token id' })
    case '403-region':
      return json(403, { error: 'Trading restricted in your region, please refer to available regions' })
    case '403-cloudflare':
      return json(403, HTML, { 'Content-Type': 'text/html' })
    case '404':
      return json(404, { error: 'No orderbook exists for the requested token id' })
    case '425':
      return json(425, '')
    case '429':
      return json(
        429,
        { error: 'Too Many Requests' },
        { 'Retry-After': '1', 'Poly-RateLimit-Remaining': '0', 'Poly-RateLimit-Reset': '1' },
      )
    case '500':
      return json(500, { error: 'could not run the execution' })
    case '503-post-only':
      return json(503, {
        code: 'post_only_mode',
        error: 'post-only mode: only post-only orders and cancels are allowed',
        retry_after_seconds: 120,
      })
    case '503-cancel-only':
      return json(503, { error: 'Trading is currently cancel-only' })
    case '503-disabled':
      return json(503, { error: 'Trading is currently disabled' })
    case 'html':
      return json(200, HTML, { 'Content-Type': 'text/html' })
    case 'cut':
      return { status: 0, body: '', broken: 'cut' }
    case 'hang':
      return { status: 0, body: '', broken: 'hang' }
    case 'half':
      return { status: 200, body: { error: 'this body is cut in the middle by the simulator' }, broken: 'half' }
  }
}
