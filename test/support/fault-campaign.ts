import { HTTP_FAULTS, type ResolutionFault, type RowFault } from '../../scripts/venue-sim/polymarket/faults.ts'
import type { MarketWindow } from '../../scripts/venue-sim/polymarket/identity.ts'
import { FRAME_FAULTS } from '../../scripts/venue-sim/polymarket/wire.ts'
import { known } from './polymarket-sim.ts'
import type { VenueSim } from './venue-sim.ts'

const SOCKETS = ['market', 'rtds', 'polybolt'] as const
const RESTS = ['gamma', 'clob', 'site'] as const

const ROWS: readonly RowFault[] = [
  { missing: true },
  { lateMs: 20_000 },
  { without: ['feeSchedule'] },
  { without: ['clobTokenIds'] },
  { without: ['acceptingOrders'] },
  { without: ['orderPriceMinTickSize'] },
  { reversed: true },
  { set: { version: 'v9' } },
  { set: { feeType: 'unheard_of' } },
  { set: { resolutionSource: 'https://example.org/another' } },
  { set: { unheardOf: { deep: [1] } } },
]
const RESOLUTIONS: readonly ResolutionFault[] = [
  { afterMs: 1_000 },
  { afterMs: 240_000 },
  { winner: 'split' },
  { winner: 'split', afterMs: 120_000 },
  { winner: 'Up' },
  { winner: 'Down', silent: true },
  { contradictory: true },
  { contradictory: true, afterMs: 90_000 },
]

/** A fault that the campaign can make, and how often beside the others. */
interface Kind {
  readonly weight: number
  /** @returns what exactly, where that matters later */
  make(): unknown
}

/** Draws faults of a simulated venue, and notes what the truth then is. */
export class FaultCampaign {
  /** Number of faults by kind. */
  readonly counts = new Map<string, number>()
  /** Windows whose start no price service tells, by slug. */
  readonly withoutStrike = new Set<string>()
  /** Resolutions that were altered, by slug. */
  readonly resolved = new Map<string, ResolutionFault>()
  /** Market times at which frames of the books were withheld, altered or held up. */
  readonly hidden: number[] = []
  /** Windows whose rows were altered, by slug. */
  private readonly rows = new Set<string>()
  private readonly sim: VenueSim
  private readonly speed: () => number
  private seed: number
  private readonly kinds: Readonly<Record<string, Kind>>

  /** @param speed market ms a real ms */
  constructor(sim: VenueSim, seed: number, speed: () => number) {
    this.sim = sim
    this.seed = seed
    this.speed = speed
    this.kinds = this.allKinds()
  }

  /** Makes one fault. @returns what, in words */
  make(): string {
    const kinds = Object.entries(this.kinds)
    // As often as its weight says.
    const [name, kind] = this.pick(kinds.flatMap((each) => Array.from({ length: each[1].weight }, () => each)))
    const detail = kind.make()
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    return detail === undefined ? name : `${name} ${JSON.stringify(detail)}`
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Ends all faults that do not end by themselves. */
  clear(): void {
    const { pm } = this
    pm.clearHttp()
    for (const service of [...SOCKETS, ...RESTS]) pm.clock(service, 0)
    for (const fault of ['snapshot', 'book-hash', 'delta-hash'] as const) pm.count(fault, 0)
    for (const slug of this.rows) pm.row(slug, {})
    this.sim.clock(0)
    this.sim.failRest(0)
  }

  private get pm() {
    return known(this.sim.polymarket)
  }

  private random(): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.seed / 2 ** 32
  }

  private pick<T>(list: readonly T[]): T {
    return known(list[Math.floor(this.random() * list.length)])
  }

  /** Market time from `from` to `to`. */
  private between(from: number, to: number): number {
    return Math.round(from + this.random() * (to - from))
  }

  private hide(): void {
    this.hidden.push(this.sim.now())
  }

  private running(): MarketWindow {
    const now = this.sim.now()
    return this.pick(this.pm.windows().filter(({ startMs }) => startMs <= now))
  }

  private coming(): MarketWindow {
    const now = this.sim.now()
    return this.pick(this.pm.windows().filter(({ startMs }) => startMs > now))
  }

  private token(): string {
    const { up, down } = this.running()
    return this.random() < 0.8 ? up : down
  }

  private allKinds(): Record<string, Kind> {
    const { pm, sim } = this
    const real = (ms: number) => ms / this.speed()
    const bookFrames = (fault: (typeof FRAME_FAULTS)[number]) => () => {
      this.hide()
      const kind = this.random() < 0.7 ? 'price_change' : 'book'
      pm.frames('market', fault, { kind, count: this.between(1, 4), ms: this.between(200, 3_000) })
    }
    const frames = Object.fromEntries(
      FRAME_FAULTS.map((fault) => [`market ${fault}`, { weight: 3, make: bookFrames(fault) }]),
    )
    return {
      ...frames,
      'price frames': {
        weight: 3,
        make: () => pm.frames(this.pick(['rtds', 'polybolt']), this.pick(FRAME_FAULTS), { count: this.between(1, 5) }),
      },
      'drop of books': { weight: 2, make: () => pm.drop('market', real(this.between(0, 6_000))) },
      'drop of another service': {
        weight: 2,
        make: () => pm.drop(this.pick(['rtds', 'polybolt', ...RESTS]), real(this.between(0, 10_000))),
      },
      'drop of all': { weight: 1, make: () => pm.drop(undefined, real(this.between(0, 3_000))) },
      'silence of a token': {
        weight: 2,
        make: () => {
          this.hide()
          pm.silence('market', this.between(3_000, 20_000), { id: this.token() })
        },
      },
      'silence of a topic': {
        weight: 2,
        make: () => {
          this.hide()
          const kind = this.pick(['price_change', 'book', 'last_trade_price', 'tick_size_change'])
          pm.silence('market', this.between(3_000, 15_000), { kind })
        },
      },
      'silence of a price': {
        weight: 2,
        make: () => pm.silence(this.pick(['rtds', 'polybolt']), this.between(3_000, 25_000)),
      },
      'mute of a socket': {
        weight: 2,
        make: () => {
          this.hide()
          pm.mute(this.pick(SOCKETS), this.between(2_000, 20_000))
        },
      },
      'missing snapshot': {
        weight: 2,
        make: () => {
          pm.count('snapshot', 1)
          pm.drop('market')
        },
      },
      'wrong hash of a book': { weight: 2, make: () => pm.count('book-hash', this.between(1, 3)) },
      'wrong hash of a change': { weight: 2, make: () => pm.count('delta-hash', this.between(1, 4)) },
      http: {
        weight: 6,
        make: () => pm.http(this.pick(HTTP_FAULTS), { service: this.pick(RESTS), count: this.between(1, 4) }),
      },
      'ghost book': { weight: 2, make: () => pm.ghost(this.token(), this.between(5_000, 30_000)) },
      'tick change': { weight: 1, make: () => pm.tick(this.running().slug, this.pick([0.01, 0.001])) },
      'missing boundary stamp': {
        weight: 1,
        make: () => {
          const { slug, asset, startMs } = this.coming()
          pm.loseStamp(slug, 'start')
          // The second is that of an asset: windows of both lengths can start with it.
          for (const other of pm.windows())
            if (other.asset === asset && other.startMs === startMs) this.withoutStrike.add(other.slug)
        },
      },
      resolution: {
        weight: 2,
        make: () => {
          const { slug, endMs } = this.running()
          // What a window resolves to is not changed again once it could have been told.
          if (this.resolved.has(slug) || endMs - sim.now() < 5_000) return 'none'
          const fault = this.pick(RESOLUTIONS)
          this.resolved.set(slug, fault)
          pm.resolution(slug, fault)
          return { slug, ...fault }
        },
      },
      'clock of a service': {
        weight: 2,
        make: () => pm.clock(this.pick([...SOCKETS, ...RESTS]), this.between(-5_000, 5_000)),
      },
      'clock of Binance': { weight: 1, make: () => sim.clock(this.between(-200, 200)) },
      row: {
        weight: 1,
        make: () => {
          const { slug } = this.coming()
          const fault = this.pick(ROWS)
          this.rows.add(slug)
          pm.row(slug, fault)
          return { slug, ...fault }
        },
      },
      'odd frame': {
        weight: 1,
        make: () =>
          pm.raw(
            this.pick(SOCKETS),
            this.pick(['', '{', '[]', 'null', '"text"', '{"event_type":"unheard_of"}', '{"topic":7}', '<html>']),
          ),
      },
      'close of PolyBolt': { weight: 1, make: () => pm.closePolyBolt(this.pick([1001, 1013, 4003])) },
      'drop of Binance': { weight: 1, make: () => sim.drop(real(this.between(0, 4_000))) },
      'Binance over REST': { weight: 1, make: () => sim.failRest(this.between(1, 3), this.pick([0, 500, 503])) },
    }
  }
}
