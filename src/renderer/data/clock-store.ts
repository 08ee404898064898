import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DeskStatus } from '../../shared/ipc/desk-view.ts'

interface ClockState {
  /** The desk's time, rounded down to whole seconds, in milliseconds UTC; null before the first status. */
  readonly now: number | null
}

export type ClockStore = StoreApi<ClockState>

export function createClockStore(): ClockStore {
  return createStore<ClockState>(() => ({ now: null }))
}

/** Longest real time that the desk's clock is extrapolated from its last status. */
const MAX_EXTRAPOLATION_MS = 6_000

/**
 * The desk's time `elapsedMs` after it reported `status.now`. A step back of up to two seconds is suppressed, because it
 * comes from the extrapolation; a larger one is real and is shown.
 */
export function deskTime(status: DeskStatus, elapsedMs: number, shown: number | null): number {
  const extrapolatedMs = status.speed === null ? 0 : Math.min(elapsedMs, MAX_EXTRAPOLATION_MS) * status.speed
  const exact = status.now + extrapolatedMs
  const whole = exact - (exact % 1_000)
  return shown !== null && whole < shown && shown - whole <= 2_000 ? shown : whole
}
