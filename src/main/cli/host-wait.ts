import type { Disposer } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { SECOND } from '../../shared/domain/time.ts'

/** Pause between two attempts. */
const PAUSE_MS = 15 * SECOND
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Waits for hosts that a desk needs, until they answer or a signal ends the program. */
export class HostWait {
  private readonly clock: Clock
  private readonly say: (text: string) => void
  private last = ''
  private signal: string | null = null
  private wake: Disposer = () => {}
  private isListening = false

  /** @param say prints one line */
  constructor(clock: Clock, say: (text: string) => void) {
    this.clock = clock
    this.say = say
  }

  /** Waits before another attempt. @returns false once a signal has come */
  readonly tryAgain = async (reason: string): Promise<boolean> => {
    if (!this.isListening) for (const signal of SIGNALS) process.on(signal, this.onSignal)
    this.isListening = true
    if (reason !== this.last) this.say(`waiting, and trying again every ${PAUSE_MS / SECOND} s: ${reason}`)
    this.last = reason
    if (this.signal === null)
      await new Promise<void>((resolve) => {
        const cancel = this.clock.after(PAUSE_MS, resolve)
        this.wake = () => {
          cancel()
          resolve()
        }
      })
    return this.signal === null
  }

  /** Ends the wait. @returns the signal that came meanwhile; null without */
  end(): string | null {
    for (const signal of SIGNALS) process.off(signal, this.onSignal)
    if (this.last !== '' && this.signal === null) this.say('the wait is over')
    return this.signal
  }

  private readonly onSignal = (signal: string): void => {
    this.signal = signal
    this.wake()
  }
}
