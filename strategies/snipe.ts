import { defineStrategy } from 'baton'
import { costWithFee, probabilityUp, volatilityPerSecond } from './volatility.ts'

/**
 * Timing gate: in the last seconds of a window, buy the side whose probability, given the move so far and the
 * volatility left, exceeds its price and fee by an edge.
 */
export default defineStrategy({
  name: 'snipe',
  params: { fromSec: 75, toSec: 6, minEdge: 0.02, minPrice: 0.15, maxPrice: 0.95, stakeUsd: 5 },
  history: { '1m': 60 },
  wake: [{ secondsLeft: 17 }],
  initialState: () => ({ lossesInRow: 0, lastSeen: 0 }),

  decide: (view, state, params) => {
    const settled = view.lastSettlement
    const seen = settled !== null && settled.windowStart > state.lastSeen && settled.profitUsd !== null
    const lost = seen && (settled.profitUsd ?? 0) < 0
    const next = seen ? { lossesInRow: lost ? state.lossesInRow + 1 : 0, lastSeen: settled.windowStart } : state
    const hold = (why: string) => ({ state: next, why })

    if (view.position !== null) return hold('holding to settlement')
    if (view.secondsLeft > params.fromSec) return hold(`opens ${params.fromSec} s before the end`)
    if (view.secondsLeft < params.toSec) return hold(`closed ${params.toSec} s before the end`)
    const up = probabilityUp(view, volatilityPerSecond(view.candles('1m'), 30))
    if (up === null) return hold('strike or volatility is not known yet')

    const side = up >= 0.5 ? 'up' : 'down'
    const chance = side === 'up' ? up : 1 - up
    const ask = view[side].ask
    if (ask === null) return hold(`nobody offers ${side}`)
    if (ask < params.minPrice || ask > params.maxPrice) return hold(`${side} at ${ask} is outside the price gate`)
    // After losses in a row the model has earned less trust: ask for more.
    const wanted = params.minEdge * (1 + Math.min(next.lossesInRow, 4) / 2)
    const edge = chance - costWithFee(ask, view.feeRate)
    const figures = `${side} ${(chance * 100).toFixed(1)} % at ${ask}`
    if (edge < wanted) return hold(`${figures}: edge ${(edge * 100).toFixed(1)} % below ${(wanted * 100).toFixed(1)} %`)
    const why = `${figures}: edge ${(edge * 100).toFixed(1)} %`
    return { state: next, why, intents: [{ kind: 'enter', side, limit: ask, stakeUsd: params.stakeUsd, why }] }
  },
})
