import type { FeedProblem, FeedProblemCode } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'

export type Level = 'info' | 'warn'

/** Current problems by asset, each raised and cleared independently. An asset is stale while it has any. */
export class Problems {
  readonly #byAsset = new Map<Asset, Map<FeedProblemCode, { readonly reason: string; readonly level: Level }>>()
  readonly #onChange: (detail: string, level: Level) => void

  /** @param onChange called once when a problem starts and once when it ends */
  constructor(onChange: (detail: string, level: Level) => void) {
    this.#onChange = onChange
  }

  get stale(): readonly Asset[] {
    return [...this.#byAsset.keys()]
  }

  get all(): readonly FeedProblem[] {
    return [...this.#byAsset].flatMap(([asset, problems]) =>
      [...problems].map(([code, { reason }]) => ({ asset, code, reason })),
    )
  }

  has(asset: Asset, code: FeedProblemCode): boolean {
    return this.#byAsset.get(asset)?.has(code) === true
  }

  /** Raises a problem. An existing one is kept without a new report, unless the level rises to a warning. */
  raise(asset: Asset, code: FeedProblemCode, reason: string, level: Level = 'warn'): void {
    const problems = this.#byAsset.get(asset) ?? new Map<FeedProblemCode, { reason: string; level: Level }>()
    const known = problems.get(code)
    if (known !== undefined && (known.level === level || level === 'info')) return
    this.#byAsset.set(asset, problems.set(code, { reason, level }))
    this.#onChange(`${asset}: ${reason}`, level)
  }

  /** Clears a problem. @param detail reported if it had been raised */
  clear(asset: Asset, code: FeedProblemCode, detail: string, level: Level = 'info'): void {
    const problems = this.#byAsset.get(asset)
    if (problems?.delete(code) !== true) return
    if (problems.size === 0) this.#byAsset.delete(asset)
    this.#onChange(detail, level)
  }
}
