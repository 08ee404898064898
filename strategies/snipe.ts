import { defineStrategy } from 'baton'
import { costWithFee, expectedClose, percent, probabilityUp, volatilityPerSecond } from './volatility.ts'

/** A decision without intents. */
const hold = <State>(state: State, why: string) => ({ state, why })

/**
 * Buys in the last seconds of a window the side whose probability, given the move so far and the volatility, exceeds its price
 * and fee by an edge.
 */
export default defineStrategy({
  name: 'snipe',
  params: { fromSec: 75, toSec: 6, minEdge: 0.02, minPrice: 0.15, maxPrice: 0.95, stakeUsd: 5 },
  history: { '1m': 60 },
  wake: [{ secondsLeft: 17 }],
  initialState: () => ({ lossesInRow: 0, lastSeen: 0 }),

  decide: (view, state, params) => {
    const { secondsLeft } = view
    if (secondsLeft > params.fromSec || secondsLeft < params.toSec)
      return hold(state, 'outside its seconds of the window')
    const settled = view.lastSettlement
    const seen = settled !== null && settled.windowStart > state.lastSeen && settled.profitUsd !== null
    const lost = seen && (settled.profitUsd ?? 0) < 0
    const next = seen ? { lossesInRow: lost ? state.lossesInRow + 1 : 0, lastSeen: settled.windowStart } : state

    if (view.position !== null) return hold(next, 'holding to settlement')
    const { strike } = view
    if (strike === null) return hold(next, 'the strike is not known yet')

    // In most windows the likelier side is no longer offered; checking that needs no model, so it comes first.
    const side = expectedClose(view) >= strike ? 'up' : 'down'
    const { ask } = side === 'up' ? view.up : view.down
    if (ask === null) return hold(next, 'nobody offers the likelier side')
    if (ask < params.minPrice || ask > params.maxPrice) return hold(next, 'the likelier side is outside the price gate')
    const up = probabilityUp(view, volatilityPerSecond(view.candles('1m'), 30))
    if (up === null) return hold(next, 'the volatility is not known yet')

    const chance = side === 'up' ? up : 1 - up
    const edge = chance - costWithFee(ask, view.feeRate)
    // After consecutive losses a larger edge is required.
    const wanted = params.minEdge * (1 + Math.min(next.lossesInRow, 4) / 2)
    if (edge < wanted) return hold(next, `edge ${percent(edge)} %, wanted ${percent(wanted)} %`)
    const why = `${side} ${percent(chance)} % at ${ask}: edge ${percent(edge)} %`
    return { state: next, why, intents: [{ kind: 'enter', side, limit: ask, stakeUsd: params.stakeUsd, why }] }
  },
})
