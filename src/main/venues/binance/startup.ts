import { err, ok, type Result } from '../../../shared/domain/base.ts'
import type { Candle } from '../../../shared/domain/feed.ts'
import { backoffMs } from '../../net/backoff.ts'
import type { HttpFailure } from '../../net/http.ts'
import type { Timers } from '../../net/timers.ts'
import { loadHistory } from './history.ts'
import type { FeedTimings } from './options.ts'
import type { BinanceRest, TimeSample } from './rest.ts'
import type { Track } from './track.ts'

export interface StartupOptions {
  readonly rest: BinanceRest
  readonly timers: Timers
  readonly timings: FeedTimings
  readonly random: () => number
  /** Called with every failure, for the error message when the start times out. */
  problem(message: string): void
}

/** Repeats a request until it succeeds, is refused, or the feed stops. */
export async function retryUntilDone<T>(
  { timers, timings, random, problem }: StartupOptions,
  request: () => Promise<Result<T, HttpFailure>>,
): Promise<Result<T>> {
  for (let failures = 0; !timers.stopped; failures++) {
    const reply = await request()
    if (reply.ok) return reply
    problem(reply.error.message)
    if (reply.error.kind === 'refused') return err(reply.error.message)
    const waitMs = reply.error.kind === 'limited' ? reply.error.waitMs : 0
    await timers.sleep(Math.max(waitMs, backoffMs(failures, timings.backoffFloorMs, timings.backoffMaxMs, random)))
  }
  return err('stopped')
}

export interface Histories {
  readonly sample: TimeSample
  /** Closed candles per track, in the order of the tracks. */
  readonly candles: readonly (readonly Candle[])[]
}

/** Loads the last `count` closed minutes of every track, all relative to the same venue time. */
export async function loadHistories(
  options: StartupOptions,
  tracks: readonly Track[],
  count: number,
): Promise<Result<Histories>> {
  const sample = await retryUntilDone(options, () => options.rest.serverTime())
  if (!sample.ok) return sample
  const { serverTime } = sample.value
  const loads = tracks.map(({ symbol }) =>
    retryUntilDone(options, () => loadHistory(options.rest, symbol, count, serverTime)),
  )
  const candles: (readonly Candle[])[] = []
  for (const load of await Promise.all(loads)) {
    if (!load.ok) return load
    candles.push(load.value)
  }
  return ok({ sample: sample.value, candles })
}
