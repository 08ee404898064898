import type { TickSource } from '../../shared/domain/feed.ts'
import type { LocalSimulation, Timeline } from './port.ts'

const NOTHING: Timeline = { peek: () => undefined, pop: () => undefined }

/**
 * Prices that are pulled, and the market that lives on them, merged in order of time. A price goes to the market first, which
 * tells the desk of it after the feed's delay.
 * @param source null where prices are pushed
 * @param market null where the venue is elsewhere: nothing then plays in the desk's own time
 */
export function mergedTimeline(source: TickSource | null, market: LocalSimulation | null): Timeline {
  if (market === null) return NOTHING
  if (source === null) return market
  return {
    peek: () => {
      const [tick, event] = [source.peek(), market.peek()]
      if (tick === undefined || event === undefined) return tick ?? event
      return tick < event ? tick : event
    },
    pop: () => {
      const [at, event] = [source.peek(), market.peek()]
      if (at === undefined || (event !== undefined && event < at)) return market.pop()
      const tick = source.next()
      if (tick !== undefined) market.relay(tick)
      return undefined
    },
  }
}
