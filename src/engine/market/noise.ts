/**
 * Chance as a function of place: the same seed, name and index give the same number, whatever was asked before. A
 * market made of it can be looked at now and then and is the same as one that was watched all the time.
 */

/**
 * Seed of a named thing: FNV-1a over the name, mixed with the run's seed.
 * @param rest of the name, where putting it together would only cost time
 */
export function placeSeed(seed: number, name: string, rest = ''): number {
  return scramble(fnv(fnv(0x811c9dc5 ^ seed, name), rest))
}

function fnv(seed: number, text: string): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Finaliser of MurmurHash3 (Appleby 2011): every bit of the input moves every bit of the output. */
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

/** How many draws there are that differ: what is dear to work out of one fits into a table. */
export const DRAWS = 1024

/** One of `DRAWS`, 0 … `DRAWS` − 1, all equally likely. */
export function drawAt(place: number, index: number): number {
  return scramble(place + Math.imul(index, 0x9e3779b1)) >>> 22
}

/** The middle of a draw's part of [0, 1). */
export function uniformOf(draw: number): number {
  return (draw + 0.5) / DRAWS
}

/** Deviation 1, mean 0, within ±3: the sum of three ten-bit uniforms, near enough to normal and free of logarithms. */
export function softNormalAt(place: number, index: number): number {
  return softNormalOf(softSumAt(place, index))
}

/** How many sums there are that a soft normal number is made of: what is dear to work out of one fits into a table. */
export const SOFT_SUMS = 3 * 1023 + 1

/** The sum itself, 0 … `SOFT_SUMS` − 1. */
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
