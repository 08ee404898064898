import type { TickSource } from '../../shared/domain/feed.ts'
import type { LocalSimulation, Timeline } from './port.ts'

const NOTHING: Timeline = { peek: () => undefined, pop: () => undefined }

/**
 * Merges pulled prices and the venue simulated from them, in order of time. A price goes to the simulation first, which
 * delivers it to the desk after the feed's delay.
 * @param source null when prices are pushed
 * @param simulation null for a remote venue, which has no events in desk time
 */
export function mergedTimeline(source: TickSource | null, simulation: LocalSimulation | null): Timeline {
  if (simulation === null) return NOTHING
  if (source === null) return simulation
  return {
    peek: () => {
      const [tick, event] = [source.peek(), simulation.peek()]
      if (tick === undefined || event === undefined) return tick ?? event
      return tick < event ? tick : event
    },
    pop: () => {
      const [priceAt, event] = [source.peek(), simulation.peek()]
      if (priceAt === undefined || (event !== undefined && event < priceAt)) return simulation.pop()
      const tick = source.next()
      if (tick !== undefined) simulation.relay(tick)
      return undefined
    },
  }
}
