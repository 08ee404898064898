import { createStore, type StoreApi } from 'zustand/vanilla'
import type { DeskStatus } from '../../shared/ipc/desk-view.ts'

/** The desk's time in whole seconds, in milliseconds UTC; null before the first status. */
interface ClockState {
  readonly now: number | null
}

export type ClockStore = StoreApi<ClockState>

export function createClockStore(): ClockStore {
  return createStore<ClockState>(() => ({ now: null }))
}

/** Longest real time that the desk's clock is carried on without hearing from the desk. */
const CARRY_MS = 6_000

/**
 * The desk's time `elapsedMs` after it said `status.now`, never behind `shown` by less than two seconds: a clock that
 * steps back a little looks broken, one that does not step back a lot is.
 */
export function deskTime(status: DeskStatus, elapsedMs: number, shown: number | null): number {
  const carried = status.speed === null ? 0 : Math.min(elapsedMs, CARRY_MS) * status.speed
  const exact = status.now + carried
  const whole = exact - (exact % 1_000)
  return shown !== null && whole < shown && shown - whole <= 2_000 ? shown : whole
}
