import jstat from 'jstat'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { normalCdf } from './distributions.ts'
import type { Interval } from './win-rate.ts'

/** Sums over the trades of one window start. Slots move together, so whole clusters are resampled, not trades. */
export interface Clusters {
  readonly sums: Float64Array
  readonly counts: Float64Array
}

/** Groups values by window start. @param starts window start of each trade @param values value of each trade */
export function clustersOf(starts: readonly number[], values: readonly number[]): Clusters {
  const places = new Map<number, number>()
  for (const start of starts) if (!places.has(start)) places.set(start, places.size)
  const sums = new Float64Array(places.size)
  const counts = new Float64Array(places.size)
  for (let i = 0; i < starts.length; i++) {
    const at = places.get(starts[i] ?? 0) ?? 0
    sums[at] = (sums[at] ?? 0) + (values[i] ?? 0)
    counts[at] = (counts[at] ?? 0) + 1
  }
  return { sums, counts }
}

/** Total number of draws for an interval; at least `FEWEST` resamples are made. */
const DRAWS = 8e7
const FEWEST = 400
const MOST = 2_000

/**
 * Bootstrap interval of mean(after) − mean(before), both resampled by cluster (Davison & Hinkley 1997, ch. 3), percentiles
 * widened for few clusters (Hesterberg 2015, "What teachers should know about the bootstrap", 5.3.3).
 * @param seed the same seed gives the same interval
 * @returns null with fewer than two clusters on a side
 */
export function differenceInterval(before: Clusters, after: Clusters, level: number, seed: number): Interval | null {
  const fewest = Math.min(before.sums.length, after.sums.length)
  if (fewest < 2) return null
  const resamples = Math.max(FEWEST, Math.min(MOST, Math.floor(DRAWS / (before.sums.length + after.sums.length))))
  const random = xoroshiro128plus(seed)
  const uniform = () => (random.next() >>> 0) / 2 ** 32
  const differences = new Float64Array(resamples)
  for (let i = 0; i < resamples; i++) differences[i] = resampled(after, uniform) - resampled(before, uniform)
  differences.sort()
  // The normal percentile that corresponds to a t interval with this number of clusters.
  const t = jstat.jStat.studentt.inv((1 - level) / 2, fewest - 1)
  const tail = normalCdf(t * Math.sqrt(fewest / (fewest - 1)))
  return { low: at(differences, tail), high: at(differences, 1 - tail) }
}

function resampled({ sums, counts }: Clusters, uniform: () => number): number {
  const size = sums.length
  let [sum, count] = [0, 0]
  for (let i = 0; i < size; i++) {
    const drawn = Math.floor(uniform() * size)
    sum += sums[drawn] ?? 0
    count += counts[drawn] ?? 0
  }
  return sum / count
}

/** Quantile with linear interpolation between order statistics. */
function at(sorted: Float64Array, part: number): number {
  const place = part * (sorted.length - 1)
  const low = Math.floor(place)
  const [a = 0, b = a] = [sorted[low], sorted[low + 1]]
  return a + (b - a) * (place - low)
}
