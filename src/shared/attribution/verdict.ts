import type { Figures } from './figures.ts'
import type { HandedLine, TradeRecord } from './records.ts'
import { sureSign } from './sure.ts'

const percent = (part: number, digits = 1) => `${(part * 100).toFixed(digits).replace('-', '−')} %`
const dollars = (micro: number) => `$${(Math.abs(micro) / 1e6).toFixed(2)}`

/** Rough number of trades after which an edge of this size would be significant. */
function enoughFor({ edge, winRate, trades, effectiveTrades }: Figures): number | null {
  if (edge === null || winRate === null || edge === 0) return null
  const rate = Math.min(0.99, Math.max(0.01, winRate))
  return Math.ceil(((1.96 ** 2 * rate * (1 - rate)) / (edge * edge)) * (trades / effectiveTrades))
}

/** `recordSentence`, with the trades that changed owner. */
export function lineSentence({
  figures,
  handedOver,
  takenOver,
}: Pick<TradeRecord, 'figures' | 'handedOver' | 'takenOver'>): string {
  const profit = ({ pnl }: HandedLine) => `${pnl < 0 ? '−' : '+'}${dollars(pnl)}`
  const lines = [
    ...(handedOver.trades === 0
      ? []
      : [`${handedOver.trades} that it opened went to another owner, ${profit(handedOver)} up to then`]),
    ...(takenOver.trades === 0 ? [] : [`${takenOver.trades} came from another, ${profit(takenOver)} from then on`]),
  ]
  const own =
    figures.trades === 0 && lines.length > 0 ? 'No trade was its own from first to last.' : recordSentence(figures)
  return lines.length === 0 ? own : `${own} Beside these: ${lines.join('; ')}.`
}

/** Formats two values with enough digits to differ, at least `digits`; null if they are practically equal. */
function apart(a: number, b: number, digits: number, text: (value: number, digits: number) => string) {
  for (let more = digits; more <= digits + 3; more++) {
    const [first, second] = [text(a, more), text(b, more)]
    if (first !== second) return { first, second }
  }
  return null
}

const share = (value: number, digits: number) => value.toFixed(digits).replace('-', '−')

/**
 * The reason for the result, by figures with the sign of the profit. The win rate is compared with break-even only if every
 * share was held to its outcome.
 */
function because(figures: Figures): string | null {
  const { trades, decided, sold, winRate, price, breakEven, edge, pnl } = figures
  if (winRate === null || price === null || breakEven === null || edge === null) return null
  const count = `${trades} ${trades === 1 ? 'trade' : 'trades'}`
  const held = sold === 0 && decided === trades
  const rates = apart(winRate, breakEven, 1, percent)
  if (held && rates !== null && Math.sign(winRate - breakEven) === Math.sign(pnl))
    return `it wins ${rates.first} of ${count}, ${pnl < 0 ? 'but' : 'and'} at an average price of ${price.toFixed(3)} and its fees it must win ${rates.second} to earn nothing`
  const early = sold === 0 ? '' : ` (${sold} sold before the outcome)`
  const means = apart(breakEven, breakEven + edge, 3, share)
  if (means !== null && Math.sign(edge) === Math.sign(pnl))
    return `over ${count}${early} a share cost ${means.first} with its fees and came to ${means.second}`
  if (means === null) return `over ${count}${early} a share came to as much as it had cost with its fees`
  // Trade sizes differ, so that the mean edge per share and the profit have different signs.
  return pnl < 0
    ? `a share earns ${percent(edge, digitsOf(edge))} on average over ${count}${early}, but what it loses it loses on more of them`
    : `a share loses ${percent(-edge, digitsOf(edge))} on average over ${count}${early}, but what it earns it earns on more of them`
}

/** Decimals needed for a percentage not to be displayed as 0. */
function digitsOf(part: number): number {
  return Math.abs(part) >= 0.0005 ? 1 : Math.abs(part) >= 0.000005 ? 3 : 6
}

/** A profit below half a cent, in micro-USD, is displayed as 0. */
const EVEN = 5_000

/**
 * Summary of a record in words: whether it earns, why, and how certain that is. All figures in it come from `figures`, and none
 * contradicts the displayed profit.
 */
export function recordSentence(figures: Figures): string {
  const { trades, effectiveTrades, edge, edgeInterval, pnl, pValue } = figures
  const reason = because(figures)
  if (reason === null || edge === null || edgeInterval === null)
    return 'No settled trade yet: there is nothing to judge.'
  const sure = sureSign(figures)
  const more = enoughFor(figures)
  const independent = Math.max(1, Math.round(effectiveTrades))
  const worth =
    effectiveTrades < trades * 0.8
      ? `, worth about ${independent} independent ${independent === 1 ? 'one' : 'ones'},`
      : ''
  const unsure =
    sure !== null
      ? ''
      : ` ${trades === 1 ? 'One trade is' : `${trades} trades${worth} are`} too few to be sure: the edge may be anywhere from ${percent(edgeInterval.low)} to ${percent(edgeInterval.high)}${
          more === null || more <= trades ? '' : `; an edge like this takes about ${more} trades to tell`
        }.`
  if (Math.abs(pnl) < EVEN)
    return `It comes out even to the cent over ${trades} ${trades === 1 ? 'trade' : 'trades'}.${unsure}`
  const clear = sure === Math.sign(pnl)
  const verb = pnl < 0 ? (clear ? 'It loses' : 'So far it loses') : clear ? 'It earns' : 'So far it earns'
  const luck =
    pValue === null || pnl < 0 || edge <= 0
      ? ''
      : `; such an edge by luck alone has a chance of ${percent(pValue, pValue < 0.001 ? 3 : 1)}`
  return `${verb} ${dollars(pnl)}: ${reason}${luck}.${unsure}`
}
