/**
 * How much a command can do by mistake: `view` changes only this window, `brake` stops something and can be undone at
 * once, `money` lets orders leave, closes positions or changes which code trades.
 */
export type Risk = 'view' | 'brake' | 'money'

export interface Action {
  readonly name: string
  /** Other words that it is found by. */
  readonly aliases?: readonly string[]
  readonly keys?: string
  readonly risk: Risk
  /** What a second Enter does, in words; absent where one is enough or a dialog asks. */
  readonly again?: string
  readonly run: () => void
}

/** A command that may do less by mistake always comes before one that may do more. */
const TIER: Readonly<Record<Risk, number>> = { view: 1, brake: 0.1, money: 0.01 }
/** Counted for each command lately used, the newest most; small against how well a name matches. */
const RECENT = 0.02

function words(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

/**
 * How well a command answers what was typed: every word typed must begin a word of its name or of its aliases.
 * @param recent names of the commands used lately, newest first
 * @returns 0 = not at all; else larger is better, and a riskier command is always below a less risky one
 */
export function matchScore(query: string, action: Omit<Action, 'run'>, recent: readonly string[] = []): number {
  const name = words(action.name)
  const aliases = (action.aliases ?? []).flatMap(words)
  let fit = 0
  const typed = words(query)
  for (const word of typed) {
    if (name.includes(word)) fit += 1
    else if (name.some((one) => one.startsWith(word))) fit += 0.9
    else if (aliases.some((one) => one.startsWith(word))) fit += 0.6
    else return 0
  }
  const mean = typed.length === 0 ? 1 : fit / typed.length
  const first = name[0]?.startsWith(typed[0] ?? '') === true ? 1 : 0
  const age = recent.indexOf(action.name)
  const used = age < 0 ? 0 : RECENT * (recent.length - age)
  return TIER[action.risk] * (0.6 * mean + 0.2 * first + Math.min(0.2, used))
}
