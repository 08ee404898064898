import type { Asset } from '../../../shared/domain/slots.ts'
import { MINUTE } from '../../../shared/domain/time.ts'

/** A value of the settlement source at one second. */
export interface Stamp {
  readonly asset: Asset
  /** The second that it is stamped with, ms UTC. */
  readonly at: number
  /** Length of its mean, seconds; 0 for the spot price. */
  readonly meanSeconds: number
  readonly value: number
}

/** Which source a stamp came from. */
export type StampSource = 'polybolt' | 'rtds' | 'site'

/** Preferred first. */
const ORDER: readonly StampSource[] = ['polybolt', 'rtds', 'site']
const KEPT_MS = 30 * MINUTE

/** Values of the settlement sources by second, for the strikes of windows. */
export class Stamps {
  readonly #values = new Map<string, Map<number, { value: number; source: StampSource }>>()

  /** @returns false for one that is known already from as good a source */
  add({ asset, at, meanSeconds, value }: Stamp, source: StampSource): boolean {
    const key = `${asset} ${meanSeconds}`
    const series = this.#values.get(key) ?? new Map<number, { value: number; source: StampSource }>()
    this.#values.set(key, series)
    const known = series.get(at)
    if (known !== undefined && ORDER.indexOf(known.source) <= ORDER.indexOf(source)) return false
    series.set(at, { value, source })
    for (const old of series.keys()) {
      if (old >= at - KEPT_MS) break
      series.delete(old)
    }
    return true
  }

  /** The value stamped exactly at a boundary; undefined if the source skipped that second. */
  at(asset: Asset, meanSeconds: number, boundary: number): { value: number; source: StampSource } | undefined {
    return this.#values.get(`${asset} ${meanSeconds}`)?.get(boundary)
  }
}
