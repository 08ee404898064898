import { test as base } from 'vitest'
import { startVenueSim } from '../../scripts/venue-sim/sim.ts'
import { RecordedFeed } from './feed-recorder.ts'
import { generatedSim, type VenueSim, type VenueSimOptions } from './venue-sim.ts'

/** Simulated venues and feeds of one test; all are closed with it, so tests may run side by side. */
export class FeedLab {
  readonly #closers: (() => Promise<void>)[] = []

  async simulate(...args: Parameters<typeof generatedSim>): Promise<VenueSim> {
    return this.#keep(await generatedSim(...args))
  }

  async serve(options: VenueSimOptions): Promise<VenueSim> {
    return this.#keep(await startVenueSim(options))
  }

  record(...args: ConstructorParameters<typeof RecordedFeed>): RecordedFeed {
    const recorded = new RecordedFeed(...args)
    this.#closers.push(() => recorded.feed.stop())
    return recorded
  }

  /** A feed that has started. */
  async started(...args: ConstructorParameters<typeof RecordedFeed>): Promise<RecordedFeed> {
    const recorded = this.record(...args)
    const result = await recorded.start()
    if (!result.ok) throw new Error(result.error)
    return recorded
  }

  onClose(close: () => Promise<void>): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }

  #keep(sim: VenueSim): VenueSim {
    this.#closers.push(() => sim.close())
    return sim
  }
}

export const labTest = base.extend<{ lab: FeedLab }>({
  // The runner reads the fixture's dependencies from this pattern.
  lab: async ({ task: _task }, use) => {
    const lab = new FeedLab()
    await use(lab)
    await lab.close()
  },
})
