/**
 * Effect of running a command by mistake: `view` changes only this window, `stop` stops something and can be undone at
 * once, `money` allows orders, closes positions or changes the code that trades.
 */
export type Risk = 'view' | 'stop' | 'money'

/** A command of the palette. */
export interface Action {
  readonly name: string
  /** More words that match it. */
  readonly aliases?: readonly string[]
  readonly keys?: string
  readonly risk: Risk
  /** What it does, for the confirmation by a second Enter; absent where none is needed or a dialog opens. */
  readonly confirm?: string
  readonly run: () => void
}

/** Factor of the score: a command of lower risk always ranks above one of higher risk. */
const RISK_FACTOR: Readonly<Record<Risk, number>> = { view: 1, stop: 0.1, money: 0.01 }
/** Score per rank of a recently used command; small compared with the match of its name. */
const RECENT_SCORE = 0.02

function words(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

/**
 * How well a command matches a query. Every word of the query must be the beginning of a word of the name or an alias.
 * @param recent names of recently used commands, newest first
 * @returns 0 without a match; else larger is better
 */
export function matchScore(query: string, action: Omit<Action, 'run'>, recent: readonly string[] = []): number {
  const name = words(action.name)
  const aliases = (action.aliases ?? []).flatMap(words)
  let fit = 0
  const typed = words(query)
  for (const word of typed) {
    if (name.includes(word)) fit += 1
    else if (name.some((part) => part.startsWith(word))) fit += 0.9
    else if (aliases.some((part) => part.startsWith(word))) fit += 0.6
    else return 0
  }
  const mean = typed.length === 0 ? 1 : fit / typed.length
  const first = name[0]?.startsWith(typed[0] ?? '') === true ? 1 : 0
  const rank = recent.indexOf(action.name)
  const recency = rank < 0 ? 0 : RECENT_SCORE * (recent.length - rank)
  return RISK_FACTOR[action.risk] * (0.6 * mean + 0.2 * first + Math.min(0.2, recency))
}
