/**
 * Random numbers as a function of seed, name and index, independent of earlier calls. A simulation built on them is the same
 * however often it is read.
 */

/**
 * Seed derived from a name: FNV-1a over the name, mixed with the run's seed.
 * @param suffix second part of the name, to avoid concatenating strings
 */
export function placeSeed(seed: number, name: string, suffix = ''): number {
  return scramble(fnv(fnv(0x811c9dc5 ^ seed, name), suffix))
}

function fnv(seed: number, text: string): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Finaliser of MurmurHash3 (Appleby 2011): every input bit affects every output bit. */
export function scramble(x: number): number {
  let h = x
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Uniform in [0, 1). */
export function uniformAt(place: number, index: number): number {
  return scramble(place + Math.imul(index, 0x9e3779b1)) / 0x1_0000_0000
}

/** Number of distinct draws, small enough for lookup tables of values computed from a draw. */
export const DRAWS = 1024

/** Uniform integer, 0 … `DRAWS` − 1. */
export function drawAt(place: number, index: number): number {
  return scramble(place + Math.imul(index, 0x9e3779b1)) >>> 22
}

/** Centre of a draw's interval in [0, 1). */
export function uniformOf(draw: number): number {
  return (draw + 0.5) / DRAWS
}

/** Approximately standard normal, within ±3: the sum of three ten-bit uniforms, cheaper than Box–Muller. */
export function softNormalAt(place: number, index: number): number {
  return softNormalOf(softSumAt(place, index))
}

/** Number of distinct sums behind `softNormalAt`, small enough for lookup tables. */
export const SOFT_SUMS = 3 * 1023 + 1

/** The sum behind `softNormalAt`, 0 … `SOFT_SUMS` − 1. */
export function softSumAt(place: number, index: number): number {
  const bits = scramble(place + Math.imul(index, 0x9e3779b1))
  return (bits & 1023) + ((bits >>> 10) & 1023) + ((bits >>> 20) & 1023)
}

export function softNormalOf(sum: number): number {
  return sum / 511.5 - 3
}

/** Standard normal (Box and Muller 1958). */
export function normalAt(place: number, index: number): number {
  const u = uniformAt(place, 2 * index)
  const v = uniformAt(place, 2 * index + 1)
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v)
}
