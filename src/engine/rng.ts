import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator'

/** Seeded random numbers: the same seed and name give the same sequence on every machine. */
export interface Rng {
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number
  /** Standard normal, by Box and Muller (1958); two uniforms a call. */
  normal(): number
  /** Generator state, for `resumeRng`. */
  state(): readonly number[]
}

/** FNV-1a over the name: gives each named stream its own seed. */
function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

function wrap(generator: JumpableRandomGenerator): Rng {
  const uniform = () => (generator.next() >>> 0) / 0x1_0000_0000
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    state: () => generator.getState(),
  }
}

/** The sequence named `name` of a seed. */
export function seededRng(seed: number, name: string): Rng {
  const generator = xoroshiro128plus(Math.imul(seed ^ hashName(name), 0x9e3779b1))
  // Discarded: the first outputs of neighbouring seeds are correlated.
  for (let i = 0; i < 8; i++) generator.next()
  return wrap(generator)
}

export function resumeRng(state: readonly number[]): Rng {
  return wrap(xoroshiro128plusFromState(state))
}
