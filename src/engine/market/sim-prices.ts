import { z } from 'zod'
import type { Candle, PriceTick, TickSource } from '../../shared/domain/feed.ts'
import { type Asset, asset } from '../../shared/domain/slots.ts'
import { MINUTE, SECOND, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { type Rng, resumeRng, seededRng } from '../rng.ts'

/** Behaviour of one underlying: initial price, dependence on the common factor, own volatility. */
interface AssetModel {
  readonly start: number
  readonly decimals: number
  /** Weight of the common factor. */
  readonly beta: number
  /** Own volatility relative to the factor's. */
  readonly own: number
}

const MODELS: Readonly<Record<string, AssetModel>> = {
  BTC: { start: 68_412.5, decimals: 2, beta: 1, own: 0.35 },
  ETH: { start: 3_512.4, decimals: 2, beta: 1.15, own: 0.55 },
  SOL: { start: 158.32, decimals: 2, beta: 1.35, own: 0.9 },
  XRP: { start: 0.5231, decimals: 4, beta: 0.95, own: 0.95 },
  DOGE: { start: 0.15214, decimals: 5, beta: 1.3, own: 1.05 },
  AVAX: { start: 34.18, decimals: 2, beta: 1.3, own: 1 },
  LINK: { start: 14.873, decimals: 3, beta: 1.2, own: 1 },
  MATIC: { start: 0.7214, decimals: 4, beta: 1.2, own: 1 },
  ADA: { start: 0.4532, decimals: 4, beta: 1.15, own: 0.95 },
  BNB: { start: 584.2, decimals: 1, beta: 0.8, own: 0.5 },
  HYPE: { start: 38.41, decimals: 3, beta: 1.2, own: 1.4 },
}

/** Assets the simulated market can list. */
export const SIMULATED_ASSETS: readonly Asset[] = Object.keys(MODELS).map(asset)

/** Factor volatility per second in a quiet market; gives the measured median BTC five-minute move of about 4 bp. */
const QUIET_VOL = 0.32e-4
const WILD_MULTIPLE = 2.6
/** Mean length of a regime in seconds. */
const MEAN_REGIME_SEC = 1_500
/** Mean time between jumps in seconds. */
const MEAN_JUMP_SEC = 5_400
const WARM_UP_MS = 6 * 60 * MINUTE

interface Regime {
  volTimes: number
  /** Drift per second as a multiple of the volatility. */
  drift: number
}

interface SimState {
  ts: number
  regime: Regime
  /** Log of the slowly varying volatility multiplier. */
  wander: number
  prices: number[]
}

/**
 * Correlated price paths, one tick per second: a common factor plus noise per asset, quiet or wild and ranging or trending
 * regimes, varying volatility, and jumps of all assets or of one. The same seed and start give the same path; a `snapshot`
 * continues it without a break.
 */
export class SimPrices implements TickSource {
  readonly assets: readonly Asset[]
  private readonly rng: Rng
  private readonly state: SimState
  private readonly past = new Map<Asset, Candle[]>()
  /** Ticks of the current second. */
  private queue: PriceTick[] = []
  /** Next tick to return from `queue`. */
  private queued = 0
  /** Snapshot before the current second. */
  private before: SimSnapshot

  constructor(assets: readonly Asset[], seed: number, from: UnixMs, snapshot?: SimSnapshot) {
    this.assets = assets
    if (snapshot !== undefined && snapshot.assets.join() === assets.join()) {
      this.rng = resumeRng(snapshot.rng)
      const { state } = snapshot
      this.state = { ...state, regime: { ...state.regime }, prices: [...state.prices] }
      this.before = snapshot
      return
    }
    this.rng = seededRng(seed, 'prices')
    const start = from - (from % SECOND)
    this.state = {
      ts: start - WARM_UP_MS - ((start - WARM_UP_MS) % MINUTE),
      regime: { volTimes: 1, drift: 0 },
      wander: 0,
      prices: assets.map((name) => modelOf(name).start * (0.97 + 0.06 * this.rng.uniform())),
    }
    this.before = this.capture()
    this.warmUp(start)
  }

  peek(): UnixMs | undefined {
    if (this.queued >= this.queue.length) this.advanceSecond()
    return this.queue[this.queued]?.ts
  }

  next(): PriceTick | undefined {
    this.peek()
    return this.queue[this.queued++]
  }

  history(asset: Asset, before: UnixMs, count: number): readonly Candle[] {
    return (this.past.get(asset) ?? []).filter((candle) => candle.openTime + MINUTE <= before).slice(-count)
  }

  /** Snapshot after the ticks read so far; a partly read second is repeated as a whole. */
  snapshot(): SimSnapshot {
    return this.queued < this.queue.length ? this.before : this.capture()
  }

  private capture(): SimSnapshot {
    const { state } = this
    const copy = { ...state, regime: { ...state.regime }, prices: [...state.prices] }
    return { assets: [...this.assets], rng: [...this.rng.state()], state: copy }
  }

  /** Builds the candle history before the start from the same path. */
  private warmUp(until: number): void {
    for (const name of this.assets) this.past.set(name, [])
    while (this.state.ts < until) {
      this.advanceSecond()
      for (const tick of this.queue) this.remember(tick)
    }
    this.queue = []
    this.queued = 0
  }

  private remember(tick: PriceTick): void {
    const candles = this.past.get(tick.asset)
    const last = candles?.at(-1)
    const openTime = unixMs(tick.ts - (tick.ts % MINUTE))
    if (last?.openTime !== openTime) {
      candles?.push({
        openTime,
        open: tick.price,
        high: tick.price,
        low: tick.price,
        close: tick.price,
        volume: tick.volume,
      })
      return
    }
    candles?.splice(-1, 1, {
      openTime,
      open: last.open,
      high: Math.max(last.high, tick.price),
      low: Math.min(last.low, tick.price),
      close: tick.price,
      volume: last.volume + tick.volume,
    })
  }

  /** Advances all prices by one second. */
  private advanceSecond(): void {
    const { rng, state } = this
    this.before = this.capture()
    state.ts += SECOND
    if (rng.uniform() < 1 / MEAN_REGIME_SEC) this.changeRegime()
    state.wander = 0.998 * state.wander + 0.02 * rng.normal()
    const vol = QUIET_VOL * state.regime.volTimes * Math.exp(state.wander)
    let factor = vol * (rng.normal() + state.regime.drift)
    if (rng.uniform() < 1 / MEAN_JUMP_SEC) factor += this.jump(vol)
    const ts = unixMs(state.ts)
    this.queue = this.assets.map((name, i) => {
      const model = modelOf(name)
      let move = model.beta * factor + model.own * vol * rng.normal()
      if (rng.uniform() < 0.3 / MEAN_JUMP_SEC) move += this.jump(vol)
      const exact = (state.prices[i] ?? model.start) * Math.exp(move)
      state.prices[i] = exact
      const scale = 10 ** model.decimals
      const volume = (0.2 + Math.abs(move) / vol) * (1_000 / model.start) * rng.uniform()
      return { kind: 'price', ts, tsVenue: ts, asset: name, price: Math.round(exact * scale) / scale, volume }
    })
    this.queued = 0
  }

  private changeRegime(): void {
    const { rng, state } = this
    const wild = rng.uniform() < 0.35
    const trend = rng.uniform() < 0.4
    state.regime = {
      volTimes: wild ? WILD_MULTIPLE * (0.8 + 0.4 * rng.uniform()) : 0.8 + 0.4 * rng.uniform(),
      drift: trend ? (rng.uniform() < 0.5 ? -1 : 1) * 0.06 * rng.uniform() : 0,
    }
  }

  /** A jump of 5 to 20 times the volatility per second. */
  private jump(vol: number): number {
    const { rng } = this
    return (rng.uniform() < 0.5 ? -1 : 1) * vol * (5 + 15 * rng.uniform() ** 2)
  }
}

/** State from which a path can be continued. */
interface SimSnapshot {
  readonly assets: readonly string[]
  readonly rng: readonly number[]
  readonly state: SimState
}

const snapshotSchema = z.object({
  assets: z.array(z.string()),
  rng: z.array(z.int()),
  state: z.object({
    ts: z.int(),
    regime: z.object({ volTimes: z.number(), drift: z.number() }),
    wander: z.number(),
    prices: z.array(z.number()),
  }),
})

/** Parses a snapshot; undefined when it is missing or invalid, and the path then starts over. */
export function readSimSnapshot(saved: unknown): SimSnapshot | undefined {
  return snapshotSchema.safeParse(saved).data
}

function modelOf(name: Asset): AssetModel {
  return MODELS[name] ?? { start: 10, decimals: 4, beta: 1.1, own: 1 }
}
