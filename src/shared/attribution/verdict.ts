import type { Figures } from './figures.ts'
import type { HandedLine, TradeRecord } from './records.ts'
import { sureSign } from './sure.ts'

const percent = (part: number, digits = 1) => `${(part * 100).toFixed(digits).replace('-', '−')} %`
const dollars = (micro: number) => `$${(Math.abs(micro) / 1e6).toFixed(2)}`

/** Rough number of trades after which an edge like the one seen would stand clear of chance. */
function enoughFor({ edge, winRate, trades, effectiveTrades }: Figures): number | null {
  if (edge === null || winRate === null || edge === 0) return null
  const rate = Math.min(0.99, Math.max(0.01, winRate))
  return Math.ceil(((1.96 ** 2 * rate * (1 - rate)) / (edge * edge)) * (trades / effectiveTrades))
}

/** The same, with what became of trades that changed their owner. */
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

/**
 * What a record says, in plain words: whether it earns, why, and how sure that is. A high win rate at a high price is named
 * for what it is.
 */
export function recordSentence(figures: Figures): string {
  const { trades, effectiveTrades, winRate, price, breakEven, edge, edgeInterval, pnl, pValue, sold } = figures
  if (winRate === null || price === null || breakEven === null || edge === null || edgeInterval === null)
    return 'No settled trade yet: there is nothing to judge.'
  const early = sold === 0 ? '' : ` (${sold} sold before the outcome)`
  const won = `it wins ${percent(winRate)} of ${trades} ${trades === 1 ? 'trade' : 'trades'}${early}`
  const needs = `at an average price of ${price.toFixed(3)} and its fees it must win ${percent(breakEven)} to earn nothing`
  const clear = sureSign(figures) !== null
  const more = enoughFor(figures)
  const worth = effectiveTrades < trades * 0.8 ? `, worth about ${Math.round(effectiveTrades)} independent ones,` : ''
  const unsure = clear
    ? ''
    : ` ${trades === 1 ? 'One trade is' : `${trades} trades${worth} are`} too few to be sure: the edge may be anywhere from ${percent(edgeInterval.low)} to ${percent(edgeInterval.high)}${
        more === null || more <= trades ? '' : `; an edge like this takes about ${more} trades to tell`
      }.`
  // Cheap and dear trades mixed: how often it wins and how much do not say the same.
  if (pnl < 0 && edge > 0)
    return `${clear ? 'It loses' : 'So far it loses'} ${dollars(pnl)}: a share earns ${percent(edge)} on average, but what it loses it loses on more of them.${unsure}`
  if (pnl > 0 && edge < 0)
    return `${clear ? 'It earns' : 'So far it earns'} ${dollars(pnl)}, though a share loses ${percent(-edge)} on average: a few large wins carry it.${unsure}`
  if (pnl < 0) return `${clear ? 'It loses' : 'So far it loses'} ${dollars(pnl)}: ${won}, but ${needs}.${unsure}`
  if (pnl === 0) return `It earned nothing: ${won}, and ${needs}.${unsure}`
  const luck =
    pValue === null ? '' : `; such an edge by luck alone has a chance of ${percent(pValue, pValue < 0.001 ? 3 : 1)}`
  return `${clear ? 'It earns' : 'So far it earns'} ${dollars(pnl)}: ${won}, and ${needs}${luck}.${unsure}`
}
