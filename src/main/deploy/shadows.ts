import type { DeploymentRun } from './deployment-run.ts'
import { Shadow, type ShadowParts } from './shadow.ts'

/** The candidates that run as shadows, at most one per strategy. */
export class Shadows {
  private readonly parts: ShadowParts
  /** By strategy. */
  private readonly running = new Map<string, Shadow>()

  constructor(parts: ShadowParts) {
    this.parts = parts
  }

  /** Starts a shadow unless its strategy already has one. */
  begin(run: DeploymentRun): void {
    const { strategy } = run.attempt
    if (!this.running.has(strategy))
      this.running.set(strategy, new Shadow(this.parts, run.deployment, run.replayVersion))
  }

  end(strategy: string): void {
    this.running.get(strategy)?.end()
    this.running.delete(strategy)
  }

  /** To be called after each cycle. */
  look(): void {
    for (const shadow of this.running.values()) shadow.look()
  }
}
