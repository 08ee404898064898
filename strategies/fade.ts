import { defineStrategy } from 'baton'
import { costWithFee, probabilityUp, volatilityPerSecond } from './volatility.ts'

/**
 * Fades a large move in the middle of a window: after a move that is large for the usual volatility, the side it favours
 * tends to be overpriced. Buys the other side and sells it after a price gain.
 */
export default defineStrategy({
  name: 'fade',
  params: { fromSec: 600, toSec: 180, lookBack: 5, stretch: 1.6, minEdge: 0.005, takeProfit: 0.08, stakeUsd: 4 },
  history: { '1m': 60 },
  initialState: () => ({ entries: 0 }),

  decide: (view, state, params) => {
    const hold = (why: string) => ({ state, why })
    const vol = volatilityPerSecond(view.candles('1m'), 45)
    const up = probabilityUp(view, vol)
    if (up === null) return hold('strike or volatility is not known yet')

    const held = view.position
    if (held !== null) {
      const bid = view[held.side].bid
      if (bid === null) return hold('no bid to sell to')
      const gain = bid - held.averagePrice
      if (gain < params.takeProfit)
        return hold(`gain ${(gain * 100).toFixed(1)} ¢ below ${(params.takeProfit * 100).toFixed(1)} ¢`)
      const why = `take ${(gain * 100).toFixed(1)} ¢ a share`
      return { state, why, intents: [{ kind: 'exit', limit: bid, why }] }
    }

    if (view.secondsLeft > params.fromSec || view.secondsLeft < params.toSec) {
      return hold(`enters ${params.fromSec} to ${params.toSec} s before the end`)
    }
    const candles = view.candles('1m')
    const run = Math.log(view.price / candles.close(params.lookBack - 1))
    const stretch = run / (vol * Math.sqrt(params.lookBack * 60))
    if (Math.abs(stretch) < params.stretch) return hold(`run of ${stretch.toFixed(1)} σ is below ${params.stretch} σ`)

    const side = run > 0 ? 'down' : 'up'
    const chance = side === 'up' ? up : 1 - up
    const ask = view[side].ask
    if (ask === null) return hold(`nobody offers ${side}`)
    const edge = chance - costWithFee(ask, view.feeRate)
    if (edge < params.minEdge) return hold(`${side} at ${ask}: edge ${(edge * 100).toFixed(1)} % is too small`)
    const why = `fade ${stretch.toFixed(1)} σ: ${side} ${(chance * 100).toFixed(1)} % at ${ask}`
    return {
      state: { entries: state.entries + 1 },
      why,
      intents: [{ kind: 'enter', side, limit: ask, stakeUsd: params.stakeUsd, why }],
    }
  },
})
