import type { Config } from '../../shared/config.ts'
import { NO_USD, toDollars, type Usd } from '../../shared/domain/money.ts'
import type { Slot } from '../../shared/domain/slots.ts'
import { HOUR, MINUTE } from '../../shared/domain/time.ts'
import type { DecisionDifference, ProofGate, ProofRow, ReplayStats, VersionRef } from '../../shared/ipc/contract.ts'
import { hasTapes } from '../tape/library.ts'
import { SETTLING_MS } from './day.ts'
import type { Act } from './day-record.ts'
import type { ReplayLab, ReplayProgress, VersionOutcome } from './lab.ts'
import { hoursOf, stretchesOf } from './plan.ts'
import type { ReplayVersion } from './protocol.ts'
import { coverageOf, differencesBetween, differencesOf, statsOf } from './stats.ts'

export interface ProofParts {
  readonly lab: ReplayLab
  readonly config: Config
  readonly tapeFolder: string
  /** Only this session of the tape; null = all that this desk recorded. */
  readonly session: string | null
  /** The desk's: a tape of another says nothing about this one's market. */
  readonly feed: string
  /** Resolves when what the desk was told so far is on the tape. */
  readonly flush: () => Promise<void>
  readonly market: string
  readonly seed: number
}

export interface ProofRequest {
  readonly candidate: ReplayVersion
  readonly live: { readonly version: ReplayVersion; readonly ref: VersionRef } | null
  /** Slots that the candidate would trade. */
  readonly slots: readonly Slot[]
  readonly now: number
  /** Hashes of the strategy tried so far, this one included. */
  readonly trials: number
  readonly onRow: (row: ProofRow) => void
  readonly onDifferences: (found: readonly DecisionDifference[]) => void
}

export interface ProofResult {
  readonly row: ProofRow
  /** The first of them; `row.differences` counts all. */
  readonly differences: readonly DecisionDifference[]
}

/** Kept with a deployment; more are counted. */
const KEPT_DIFFERENCES = 2_000

/** A proof under way: `cancel` ends it, and its result then says that it was not finished. */
export interface ProofRun {
  readonly done: Promise<ProofResult>
  cancel(): void
}

/** Windows of both lengths end on this grid. */
const GRID_MS = 15 * MINUTE

/** Newest moment at which windows ended whose outcomes must be on the tape by `now`: what was recorded before is final. */
function settledBy(now: number): number {
  const settled = now - SETTLING_MS
  return settled - (settled % GRID_MS)
}

/** Replays a candidate over the newest hours of the desk's own tape, beside the live version on the same tape. */
export async function prove(parts: ProofParts, request: ProofRequest): Promise<ProofRun> {
  const { config, lab } = parts
  const { hours, minHours } = config.proof
  const blank = blankRow(request)
  const { tapeFolder: folder, session: only, feed } = parts
  // The very first start has nothing to wait for.
  if (!hasTapes(folder))
    return ended({ ...blank, verdict: 'insufficient', reason: 'no proof: nothing is recorded yet' })
  await parts.flush()
  const to = settledBy(request.now)
  const tape = await lab.open({ kind: 'own', folder, since: to - hours * HOUR, until: to, only, feed })
  if (!tape.ok) return ended({ ...blank, verdict: 'insufficient', reason: `no proof: ${tape.error}` })
  const { slots } = request
  const stretches = stretchesOf(tape.value, { from: undefined, to: undefined })
  const recorded = slots.map((slot) => ({ slot: slot.id, hours: hoursOf(tape.value, slot) }))
  const covered = Math.min(...recorded.map(({ hours }) => hours))
  const short = shortage(recorded, minHours)
  if (!stretches.ok || short !== null) {
    const reason = `too little tape to judge by: ${short ?? 'none of it can be replayed'}; nothing was guessed`
    return ended({ ...blank, verdict: 'insufficient', reason })
  }
  const running: ProofRow = {
    ...blank,
    from: tape.value.from,
    to: tape.value.to,
    slots: slots.map((slot) => slot.id),
    notices: tape.value.notices,
  }
  request.onRow(running)
  const gathering = new Differences(request.onDifferences)
  const versions = [request.candidate, ...(request.live === null ? [] : [request.live.version])]
  const { market, seed } = parts
  const { settlement } = tape.value
  // The live version was a candidate itself: often it has been over this very tape already.
  const spec = { versions, stretches: stretches.value, slots, config, market, seed, settlement, unchanging: true }
  const run = lab.run(spec, (progress) => {
    if (request.live !== null) gathering.add(progress)
    request.onRow({ ...running, progress: progress.share, differences: gathering.count })
  })
  const done = run.done.then((outcome): ProofResult => {
    const [candidate, live] = outcome.versions
    const found = differencesBetween(candidate, live)
    // A part of the tape proves nothing, and is no trial.
    if (outcome.partial)
      return { row: { ...running, verdict: 'insufficient', reason: 'the proof was ended early' }, differences: [] }
    const row = judge({ ...running, progress: 1, differences: found.length }, config, candidate, live, covered)
    return { row, differences: found.slice(0, KEPT_DIFFERENCES) }
  })
  return { done, cancel: () => run.cancel() }
}

function ended(row: ProofRow): ProofRun {
  return { done: Promise.resolve({ row, differences: [] }), cancel: () => {} }
}

function blankRow({ live, trials, slots }: ProofRequest): ProofRow {
  return {
    verdict: 'running',
    reason: 'replaying the newest tape',
    progress: 0,
    from: null,
    to: null,
    slots: slots.map((slot) => slot.id),
    notices: [],
    candidate: null,
    live: null,
    liveVersion: live?.ref ?? null,
    gates: [],
    differences: 0,
    trials,
    coverage: {},
  }
}

/** What is lacking, by the slot that has least. */
function shortage(recorded: readonly { slot: string; hours: number }[], minHours: number): string | null {
  const [least] = recorded.toSorted((a, b) => a.hours - b.hours)
  if (least === undefined) return 'it has no slot to trade'
  if (least.hours >= minHours) return null
  const others = recorded.filter(({ hours }) => hours < minHours).length - 1
  const more = others === 0 ? '' : ` and ${others} more`
  return `${least.hours.toFixed(1)} h of ${least.slot}${more}, at least ${minHours} h are needed`
}

function judge(
  row: ProofRow,
  config: Config,
  candidate: VersionOutcome | undefined,
  live: VersionOutcome | undefined,
  covered: number,
): ProofRow {
  if (candidate === undefined || candidate.failure !== null) {
    const message = candidate?.failure?.message ?? 'it did not run'
    return { ...row, verdict: 'failed', reason: `it could not be replayed: ${message}` }
  }
  const stats = statsOf(candidate.days)
  const gates = gatesOf(
    config,
    stats,
    candidate.days.flatMap((day) => day.acts),
  )
  const broken = gates.filter((gate) => !gate.passed)
  const said = `${covered.toFixed(1)} h of tape × ${row.slots.length} slots, ${stats.decisions.toLocaleString('en-US')} decisions`
  return {
    ...row,
    verdict: broken.length === 0 ? 'passed' : 'failed',
    reason:
      broken.length === 0
        ? `${said}: within every bound; profit is not judged, and is no forecast`
        : `${said}: ${broken.map(gateText).join('; ')}`,
    candidate: stats,
    coverage: coverageOf(candidate.days),
    live: live === undefined || live.failure !== null ? null : statsOf(live.days),
    gates,
  }
}

function gatesOf(config: Config, stats: ReplayStats, acts: readonly Act[]): ProofGate[] {
  const { maxFaults, maxOrdersPerMinute, maxStakeUsd, maxDrawdownUsd } = config.proof
  const stake = acts.reduce<Usd>((most, act) => (act.stake !== null && act.stake > most ? act.stake : most), NO_USD)
  const gate = (name: ProofGate['name'], unit: ProofGate['unit'], value: number, bound: number): ProofGate => ({
    name,
    value,
    bound,
    unit,
    passed: value <= bound,
  })
  return [
    gate('faults', 'count', stats.faults, maxFaults),
    gate('orders a minute', 'count', stats.peakOrdersPerMinute, maxOrdersPerMinute),
    gate('stake an order', 'usd', toDollars(stake), maxStakeUsd),
    gate('drawdown', 'usd', toDollars(stats.maxDrawdown), maxDrawdownUsd),
  ]
}

function gateText({ name, value, bound, unit }: ProofGate): string {
  const text = (figure: number) => (unit === 'usd' ? `$${figure.toFixed(2)}` : String(figure))
  return `${name} ${text(value)} is over the bound of ${text(bound)}`
}

/** Finds differences while both versions are still replaying: a moment counts once both have passed it. */
class Differences {
  count = 0
  private readonly tell: (found: readonly DecisionDifference[]) => void
  private readonly waiting: [Act[], Act[]] = [[], []]
  private passed = 0

  constructor(tell: (found: readonly DecisionDifference[]) => void) {
    this.tell = tell
  }

  add({ version, acts, reached }: ReplayProgress): void {
    this.waiting[version === 0 ? 0 : 1].push(...acts)
    if (reached <= this.passed) return
    this.passed = reached
    const take = (of: 0 | 1): Act[] => {
      const ready = this.waiting[of].filter((act) => act.ts < reached)
      this.waiting[of] = this.waiting[of].filter((act) => act.ts >= reached)
      return ready
    }
    const found = differencesOf(take(0), take(1))
    if (found.length === 0) return
    this.count += found.length
    this.tell(found)
  }
}
