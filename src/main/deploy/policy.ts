import type { Config } from '../../shared/config.ts'
import type { PolicyRefusal } from '../../shared/domain/deployments.ts'
import { isoUtc, MINUTE, SECOND } from '../../shared/domain/time.ts'

/** The input of the policy rules. Times in ms UTC. */
export interface PolicyFacts {
  readonly now: number
  /** Whether waiting rules apply in this market. */
  readonly enforced: boolean
  readonly freeze: { readonly reason: string; readonly until: number | null } | null
  /** What is wrong with the feed or the venue; null when nothing is. */
  readonly venue: string | null
  /** What is live of the strategy; null when nothing is. */
  readonly live: {
    readonly label: string
    readonly faulted: boolean
    readonly since: number
    /** Trades of its own that have settled since then. */
    readonly trades: number
    readonly lossesInRow: number
    readonly lastLossAt: number | null
  } | null
  /** True if the deployment was requested with a reason. */
  readonly reasoned: boolean
  /** Regime now, and windows of each regime in the proof; null where there was too little tape to prove on. */
  readonly slots: readonly {
    readonly slot: string
    readonly regime: string | null
    readonly proved: Readonly<Record<string, number>> | null
    readonly windowEnd: number | null
  }[]
  /** When it was first held back by `quiet` alone; null before. */
  readonly quietSince: number | null
}

type Rules = Config['policy']

/** `2026-01-05 10:04:36 UTC` */
const utc = (ts: number) => `${isoUtc(ts).slice(0, 19).replace('T', ' ')} UTC`
const minutes = (ms: number) => `${(ms / MINUTE).toFixed(1)} min`

/**
 * Everything that stands against a swap at this moment, each with its rule, its figures and when it will pass
 * (`until` null: nobody can tell). None of it is a judgement of the candidate: that is what the proof is for.
 */
export function policyRefusals(facts: PolicyFacts, rules: Rules): PolicyRefusal[] {
  const refusals = [freezeRefusal(facts), venueRefusal(facts)]
  if (facts.enforced)
    refusals.push(
      cooldownRefusal(facts, rules),
      tiltRefusal(facts, rules),
      regimeRefusal(facts, rules),
      quietRefusal(facts, rules),
    )
  return refusals.filter((refusal) => refusal !== null)
}

function freezeRefusal({ freeze }: PolicyFacts): PolicyRefusal | null {
  if (freeze === null) return null
  const end = freeze.until === null ? 'until somebody unfreezes them' : `until ${utc(freeze.until)}`
  return { rule: 'freeze', message: `deployments are frozen ${end}: ${freeze.reason}`, until: freeze.until }
}

function venueRefusal({ venue }: PolicyFacts): PolicyRefusal | null {
  return venue === null ? null : { rule: 'venue', message: `${venue}: no new code until that is over`, until: null }
}

/** Whether cooldown, tilt guard, regime, quiet and the daily limit apply in a market. */
export function isEnforced({ enforceOn }: Rules, market: string): boolean {
  return enforceOn.some((enforced) => enforced === market)
}

/** A live version keeps its place for a minimum time and number of trades; a maximum time keeps an idle version from blocking deployments for ever. */
export function cooldownRefusal(
  { live, now }: Pick<PolicyFacts, 'live' | 'now'>,
  { cooldown }: Rules,
): PolicyRefusal | null {
  if (live === null || live.faulted) return null
  const age = now - live.since
  const most = live.since + cooldown.maxMinutes * MINUTE
  const least = live.since + cooldown.minMinutes * MINUTE
  const enough = live.trades >= cooldown.minTrades
  if (now >= most || (enough && now >= least)) return null
  const figures = `${live.label} has been live for ${minutes(age)} of ${cooldown.minMinutes} and has settled ${live.trades} of ${cooldown.minTrades} trades`
  const until = enough ? Math.min(least, most) : most
  const when = enough ? `opens at ${utc(until)}` : `opens once both are reached, at ${utc(until)} at the latest`
  return { rule: 'cooldown', message: `${figures}; ${when}`, until }
}

function tiltRefusal({ live, now, reasoned }: PolicyFacts, { tilt }: Rules): PolicyRefusal | null {
  if (live === null || reasoned || live.lossesInRow < tilt.losses || live.lastLossAt === null) return null
  const until = live.lastLossAt + tilt.waitMinutes * MINUTE
  if (now >= until) return null
  const run = `${live.lossesInRow} losing trades in a row, bound ${tilt.losses}`
  return { rule: 'tilt', message: `${run}: wait until ${utc(until)}, or reload with a reason`, until }
}

function regimeRefusal({ slots }: PolicyFacts, { regime: rule }: Rules): PolicyRefusal | null {
  const known = slots.filter(({ regime, proved }) => regime !== null && proved !== null)
  const lacking = known.filter(({ regime, proved }) => (proved?.[regime ?? ''] ?? 0) < rule.minWindows)
  const [first] = lacking
  if (first === undefined || known.length - lacking.length >= rule.minSlots * known.length) return null
  const have = first.proved?.[first.regime ?? ''] ?? 0
  const example = `${first.slot} is ${first.regime} now, its proof holds ${have} windows of that, ${rule.minWindows} are needed`
  const share = `${known.length - lacking.length} of ${known.length} slots are covered, ${Math.round(rule.minSlots * 100)} % are needed`
  return { rule: 'regime', message: `${example}; ${share}; passes when the regime or the tape changes`, until: null }
}

function quietRefusal({ slots, now, quietSince }: PolicyFacts, { quiet }: Rules): PolicyRefusal | null {
  if (quiet.lastSeconds === 0 || (quietSince !== null && now - quietSince >= quiet.limitMinutes * MINUTE)) return null
  const busy = slots.flatMap(({ slot, windowEnd }) =>
    windowEnd !== null && now < windowEnd && windowEnd - now <= quiet.lastSeconds * SECOND ? [{ slot, windowEnd }] : [],
  )
  if (busy.length === 0) return null
  const until = Math.max(...busy.map(({ windowEnd }) => windowEnd))
  const names = busy.map(({ slot }) => slot).join(', ')
  const message = `${names}: in the last ${quiet.lastSeconds} s of the window; swaps at ${utc(until)}, or in ${quiet.limitMinutes} min whatever is`
  return { rule: 'quiet', message, until }
}
