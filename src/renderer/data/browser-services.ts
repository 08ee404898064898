import type { Schedule } from './frame.ts'

/** What the desk model uses of the browser; tests pass fakes. */
export interface BrowserServices {
  readonly schedule: Schedule
  /** Milliseconds of a clock that never steps back. */
  readonly monotonic: () => number
  readonly after: (delayMs: number, run: () => void) => () => void
  readonly every: (periodMs: number, run: () => void) => () => void
  /** Settings that survive a reload, by name. */
  readonly memory: { get(name: string): string | null; set(name: string, value: string): void }
  /** Ends the browser session of this browser, or of every browser; null in a desktop window, which has none. */
  readonly signOut: ((all: boolean) => Promise<void>) | null
  /** Shows a system notification, if the user has allowed it. */
  readonly notifySystem: (text: string) => void
}
