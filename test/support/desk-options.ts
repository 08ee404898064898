import type { DeskOptions } from '../../src/main/app/desk-options.ts'
import type { Home } from '../../src/main/app/start/home.ts'
import { DeskClock } from '../../src/main/platform/desk-clock.ts'
import { systemClock } from '../../src/main/platform/system.ts'

/** Options of a desk on the simulated market, in real time unless `part` says otherwise. */
export function deskOptions(home: Home, part: Partial<DeskOptions> = {}): DeskOptions {
  return {
    home,
    market: 'simulated',
    feed: 'simulated',
    tapes: [],
    slots: undefined,
    seed: 7,
    speed: undefined,
    from: undefined,
    forMs: undefined,
    clock: new DeskClock(systemClock),
    strict: false,
    ...part,
  }
}
