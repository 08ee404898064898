import type { FeedProblem } from '../../../shared/domain/feed.ts'
import type { Asset } from '../../../shared/domain/slots.ts'

/** Reason why an asset's prices cannot be traded on; each is raised and cleared independently. */
export type Cause = 'hole' | 'silent' | 'unreadable' | 'price'

export type Level = 'info' | 'warn'

/** Current problems by asset. An asset is stale while it has any. */
export class Problems {
  readonly #byAsset = new Map<Asset, Map<Cause, { readonly reason: string; readonly level: Level }>>()
  readonly #onChange: (detail: string, level: Level) => void

  /** @param onChange called once when a problem starts and once when it ends */
  constructor(onChange: (detail: string, level: Level) => void) {
    this.#onChange = onChange
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

  /** Raises a problem. An existing one is kept without a new report, unless the level rises to a warning. */
  raise(asset: Asset, cause: Cause, reason: string, level: Level = 'warn'): void {
    const causes = this.#byAsset.get(asset) ?? new Map<Cause, { reason: string; level: Level }>()
    const known = causes.get(cause)
    if (known !== undefined && (known.level === level || level === 'info')) return
    this.#byAsset.set(asset, causes.set(cause, { reason, level }))
    this.#onChange(`${asset}: ${reason}`, level)
  }

  /** Clears a problem. @param detail reported if it had been raised */
  clear(asset: Asset, cause: Cause, detail: string, level: Level = 'info'): void {
    const causes = this.#byAsset.get(asset)
    if (causes?.delete(cause) !== true) return
    if (causes.size === 0) this.#byAsset.delete(asset)
    this.#onChange(detail, level)
  }
}
