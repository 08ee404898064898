import type { Exchange } from './exchange.ts'
import {
  type CountedFault,
  type Faults,
  type HttpFault,
  type HttpFaultOptions,
  type ResolutionFault,
  type RowFault,
  SERVICES,
  type Service,
} from './faults.ts'
import type { Listing } from './identity.ts'
import type { MarketChannel } from './market-channel.ts'
import type { PolyBolt } from './polybolt.ts'
import type { Rtds } from './rtds.ts'
import type { ServiceServer } from './serve.ts'
import type { Geoblock, Site } from './site.ts'
import type { FrameFault, FrameFaultOptions, Outbox } from './wire.ts'

export type SocketService = 'market' | 'rtds' | 'polybolt'

export interface ControlContext {
  readonly listing: Listing
  readonly exchange: Exchange
  readonly faults: Faults
  readonly outboxes: Readonly<Record<SocketService, Outbox>>
  readonly channels: { readonly market: MarketChannel; readonly rtds: Rtds; readonly polybolt: PolyBolt }
  readonly servers: Readonly<Record<Service, ServiceServer>>
  readonly site: Site
  now(): number
}

/** The faults of the simulated Polymarket. Times are market time unless it says otherwise. */
export interface PolymarketControls {
  /** Cuts the connections of a service, or of all, and refuses new ones for `refuseMs` of real time. */
  drop(service?: Service, refuseMs?: number): void
  /** No frame of a kind or an id for `ms`; sockets stay open and pings are answered. An id is a token or a symbol. */
  silence(service: SocketService, ms: number, options?: Pick<FrameFaultOptions, 'kind' | 'id'>): void
  /** Nothing is sent for `ms`, not even an answer to a ping; what arrives is lost. */
  mute(service: SocketService, ms: number): void
  /** Loses, repeats, cuts, delays or reorders the next frames of a service. */
  frames(service: SocketService, fault: FrameFault, options?: FrameFaultOptions): void
  /** The next `count` subscriptions get no snapshot, or the next `count` frames a wrong hash. */
  count(fault: CountedFault, count: number): void
  http(fault: HttpFault, options?: HttpFaultOptions): void
  clearHttp(): void
  /** REST shows .01/.99 for a token for `ms`. */
  ghost(token: string, ms: number): void
  /** Changes the tick of a market now. @param tick `0.01` or `0.001` */
  tick(slug: string, tick: number): void
  /** Withholds the boundary second of a window from all price services. */
  loseStamp(slug: string, boundary: 'start' | 'end'): void
  /** What a window, an asset or all (`*`) resolve to, and when. */
  resolution(target: string, fault: ResolutionFault): void
  /** What is wrong with the Gamma row of a window, an asset or all (`*`); `{}` for nothing. */
  row(target: string, fault: RowFault): void
  /** Sets the clock of a service off by `ms`. */
  clock(service: Service, ms: number): void
  geoblock(value: Geoblock): void
  /** Sends a text to every connection of a service. */
  raw(service: SocketService, text: string): void
  /** Closes every connection of PolyBolt with a code. */
  closePolyBolt(code: number): void
}

export function polymarketControls(context: ControlContext): PolymarketControls {
  const { listing, exchange, faults, outboxes, channels, servers, site, now } = context
  const windowOf = (slug: string) => {
    const window = listing.bySlug(slug)
    if (window === undefined) throw new Error(`no such window: ${slug}`)
    return window
  }
  return {
    drop(service, refuseMs = 0) {
      for (const name of service === undefined ? SERVICES : [service]) servers[name].drop(refuseMs)
    },
    silence: (service, ms, options = {}) => outboxes[service].silence(ms, options),
    mute: (service, ms) => faults.setMute(service, now() + ms),
    frames: (service, fault, options = {}) => outboxes[service].arm(fault, options),
    count: (fault, count) => faults.count(fault, count),
    http: (fault, options) => faults.armHttp(fault, options),
    clearHttp: () => faults.clearHttp(),
    ghost: (token, ms) => faults.setGhost(token, now() + ms),
    tick: (slug, tick) => exchange.setTick(windowOf(slug), Math.round(tick * 1000)),
    loseStamp(slug, boundary) {
      const { asset, startMs, endMs } = windowOf(slug)
      faults.loseStamp(asset, (boundary === 'start' ? startMs : endMs) / 1000)
    },
    resolution: (target, fault) => faults.setResolution(target, fault),
    row: (target, fault) => faults.setRow(target, fault),
    clock: (service, ms) => faults.setOffset(service, ms),
    geoblock(value) {
      site.geoblock = value
    },
    raw: (service, text) => channels[service].sendRaw(text),
    closePolyBolt: (code) => channels.polybolt.closeAll(code),
  }
}
