import { isWorking } from '../../../engine/state.ts'
import type { UnixMs } from '../../../shared/domain/time.ts'
import type { DeskClock, TimeNote } from '../../platform/desk-clock.ts'
import type { TradingLoop } from '../../runtime/trading-loop.ts'

/** Skew of the computer's clock against a venue's, ms: from the first a warning, from the second entries are held. */
const WARN_MS = 250
const HOLD_MS = 500
/** Longest wait for prices of all assets after a sleep, ms. */
const MOST_WAIT_MS = 30_000

export interface TimeKeeperParts {
  readonly loop: TradingLoop
  readonly clock: DeskClock
  readonly say: (level: 'info' | 'warn', message: string) => void
}

/** Notices what happens to time while the desk trades, says it, and holds entries until it is put right. */
export class TimeKeeper {
  private readonly parts: TimeKeeperParts
  /** When the desk last stood still; null once prices and orders are known again. */
  private stoodStillAt: UnixMs | null = null
  private warned = false

  constructor(parts: TimeKeeperParts) {
    this.parts = parts
  }

  /** To be called several times a second, before anything is told. */
  look(): void {
    for (const note of this.parts.clock.look()) this.take(note)
    this.judgeSkew()
    this.judgeReconciled()
  }

  private take(note: TimeNote): void {
    const { loop, clock, say } = this.parts
    if (note.kind === 'clock-set') {
      const now = isZero(clock.skewMs)
        ? 'it agrees with the desk’s time again'
        : `it is ${ahead(clock.skewMs)} the desk’s time`
      return say(
        'warn',
        `the computer's clock was set ${note.byMs > 0 ? 'forward' : 'back'} by ${seconds(note.byMs)}; ${now}, which goes on by the ${clock.followsVenue ? 'venue' : 'monotonic clock'}`,
      )
    }
    this.stoodStillAt = clock.now()
    const reason = `the computer slept or stood still for ${seconds(note.ms)}: resting orders are cancelled, and prices and orders are looked at again first`
    loop.deliver({ kind: 'hold', ts: clock.now(), about: 'reconcile', reason })
  }

  /** Against a venue's time a wrong clock is a warning, and beyond half a second no time for entries. */
  private judgeSkew(): void {
    const { loop, clock, say } = this.parts
    if (!clock.followsVenue) return
    const skew = clock.skewMs
    const held = loop.engine.state.holds.has('clock')
    const text = `the computer's clock is ${ahead(skew)} the venue's`
    if (Math.abs(skew) > HOLD_MS) {
      const reason = `${text}, ${HOLD_MS} ms allowed: set it right (the desk goes by the venue's time)`
      if (!held) loop.deliver({ kind: 'hold', ts: clock.now(), about: 'clock', reason })
    } else if (held) loop.deliver({ kind: 'hold', ts: clock.now(), about: 'clock', reason: null })
    if (Math.abs(skew) > WARN_MS && !this.warned) say('warn', text)
    this.warned = Math.abs(skew) > WARN_MS
  }

  /** After a sleep: over once every traded asset has a newer price and no order rests or is of unknown fate. */
  private judgeReconciled(): void {
    const since = this.stoodStillAt
    if (since === null) return
    const { loop, clock } = this.parts
    const { slots, orders, feed } = loop.engine.state
    // An asset that stays silent is refused for its old price alone: it does not hold up the others for ever.
    const waited = clock.now() - since > MOST_WAIT_MS
    const priced = waited || [...slots.values()].every(({ listed, asset }) => !listed || asset.priceTs > since)
    if (!priced || !feed.connected || [...orders.values()].some(isWorking)) return
    this.stoodStillAt = null
    loop.deliver({ kind: 'hold', ts: clock.now(), about: 'reconcile', reason: null })
  }
}

function isZero(skewMs: number): boolean {
  return Math.abs(skewMs) <= WARN_MS
}

function ahead(skewMs: number): string {
  return `${seconds(skewMs)} ${skewMs > 0 ? 'ahead of' : 'behind'}`
}

function seconds(ms: number): string {
  const abs = Math.abs(ms) / 1_000
  // Two clocks read one after the other differ by a millisecond: ten minutes are not 600 s.
  if (abs < 599.5) return `${abs.toFixed(abs < 10 ? 2 : 0)} s`
  return abs < 7_200 ? `${(abs / 60).toFixed(0)} min` : `${(abs / 3_600).toFixed(1)} h`
}
