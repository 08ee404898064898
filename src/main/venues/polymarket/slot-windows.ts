import type { Price } from '../../../shared/domain/money.ts'
import type { Slot, Window } from '../../../shared/domain/slots.ts'
import type { WindowMarket } from './market-row.ts'
import type { StampSource } from './stamps.ts'

/** What is known of one window. */
export interface WindowState {
  readonly slot: Slot
  readonly window: Window
  /** Its verified market; null before it is found. */
  market: WindowMarket | null
  /** Why it is not traded; null if nothing stands against it. */
  reason: string | null
  /** Time of the next query for its market, ms UTC. */
  queryAt: number
  isQueried: boolean
  /** Value of the settlement source at its start; null while unknown. */
  strike: { readonly value: number; readonly source: StampSource } | null
  /** Time of the next query of the web site for the strike, ms UTC. */
  siteAt: number
  /** Price step in force, which an event can change; null: that of the market's terms. */
  tick: Price | null
  /** Time of the last book event, ms UTC. */
  emittedAt: number
  /** True after an event with an empty book. */
  isEmpty: boolean
  isScheduled: boolean
  /** Why its book is withheld although the channel has one: frozen or contradicted by REST; null if it is not. */
  distrust: string | null
  /** Time of the last comparison with REST, ms UTC. */
  comparedAt: number
  isComparing: boolean
  /** True once its end has been noticed. */
  isEnded: boolean
  /** Comparisons in a row that differed. */
  differences: number
}

export function newWindowState(slot: Slot, window: Window): WindowState {
  return {
    slot,
    window,
    market: null,
    reason: 'its market is not known yet',
    queryAt: 0,
    isQueried: false,
    strike: null,
    siteAt: 0,
    tick: null,
    emittedAt: 0,
    isEmpty: true,
    isScheduled: false,
    distrust: null,
    comparedAt: 0,
    isComparing: false,
    isEnded: false,
    differences: 0,
  }
}
