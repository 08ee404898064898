import type { StrategyManifest } from '../../engine/views/view-types.ts'
import { err, ok, type Result } from '../../shared/domain/base.ts'

/** Checks that params exist in the strategy and have its types; null when none were given. */
export function mergeParams(
  manifest: StrategyManifest,
  given: StrategyManifest['params'] | null,
): Result<StrategyManifest['params'] | null> {
  if (given === null || Object.keys(given).length === 0) return ok(null)
  for (const [name, value] of Object.entries(given)) {
    const own = manifest.params[name]
    if (own === undefined)
      return err(`${manifest.name} has no param ${name}; it has: ${Object.keys(manifest.params).join(', ')}`)
    if (typeof own !== typeof value) return err(`param ${name} is a ${typeof own}, not a ${typeof value}`)
  }
  return ok({ ...manifest.params, ...given })
}
