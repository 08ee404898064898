import type { FeedProblem } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'

/** What can make an asset's prices unfit to be traded on; each is raised and cleared by itself. */
export type Cause = 'hole' | 'silent' | 'unreadable' | 'price'

export type Level = 'info' | 'warn'

/** What is wrong with which asset now. An asset is stale while anything is. */
export class Problems {
  readonly #byAsset = new Map<Asset, Map<Cause, { readonly reason: string; readonly level: Level }>>()
  readonly #changed: (detail: string, level: Level) => void

  /** @param changed told of each problem once when it begins and once when it is over */
  constructor(changed: (detail: string, level: Level) => void) {
    this.#changed = changed
  }

  get stale(): readonly Asset[] {
    return [...this.#byAsset.keys()]
  }

  get all(): readonly FeedProblem[] {
    return [...this.#byAsset].flatMap(([asset, causes]) =>
      [...causes.values()].map(({ reason }) => ({ asset, reason })),
    )
  }

  has(asset: Asset, cause: Cause): boolean {
    return this.#byAsset.get(asset)?.has(cause) === true
  }

  /** Something is wrong. Where it was so already the first reason stands, untold again, unless it has become a warning. */
  raise(asset: Asset, cause: Cause, reason: string, level: Level = 'warn'): void {
    const causes = this.#byAsset.get(asset) ?? new Map<Cause, { reason: string; level: Level }>()
    const known = causes.get(cause)
    if (known !== undefined && (known.level === level || level === 'info')) return
    this.#byAsset.set(asset, causes.set(cause, { reason, level }))
    this.#changed(`${asset}: ${reason}`, level)
  }

  /** It is over. @param detail told to a person if it had been raised */
  clear(asset: Asset, cause: Cause, detail: string, level: Level = 'info'): void {
    const causes = this.#byAsset.get(asset)
    if (causes?.delete(cause) !== true) return
    if (causes.size === 0) this.#byAsset.delete(asset)
    this.#changed(detail, level)
  }
}
