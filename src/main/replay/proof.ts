import type { Config } from '../../shared/config.ts'
import type { Diagnostic } from '../../shared/domain/deployments.ts'
import { NO_USD, toDollars, type Usd } from '../../shared/domain/money.ts'
import type { DecisionDifference, ProofGate, ProofRow } from '../../shared/domain/proofs.ts'
import type { ReplayStats } from '../../shared/domain/replays.ts'
import type { Slot, SlotId } from '../../shared/domain/slots.ts'
import { HOUR, isoUtc, MINUTE } from '../../shared/domain/time.ts'
import type { VersionRef } from '../../shared/domain/versions.ts'
import type { StrategyFailure } from '../strategy-host/protocol.ts'
import { hasTapes } from '../tape/library.ts'
import { SETTLING_MS } from './day.ts'
import type { Act } from './day-record.ts'
import type { ReplayLab, ReplayProgress, VersionOutcome } from './lab.ts'
import { hoursOf } from './own-tape.ts'
import { stretchesOf } from './plan.ts'
import type { ReplayVersion } from './protocol.ts'
import { coverageOf, differencesBetween, differencesOf, statsOf } from './stats.ts'

export interface ProofParts {
  readonly lab: ReplayLab
  readonly config: Config
  readonly tapeFolder: string
  /** Only this recording of the tape; null = all that this desk recorded. */
  readonly recording: string | null
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
  /** Where in the candidate's sources something came from. */
  readonly locate: (failure: StrategyFailure) => Diagnostic
  readonly onRow: (row: ProofRow) => void
  readonly onDifferences: (found: readonly DecisionDifference[]) => void
}

export interface ProofResult {
  readonly row: ProofRow
  /** The first of them; `row.differences` counts all. */
  readonly differences: readonly DecisionDifference[]
  /** What the candidate threw, or where it is stuck. */
  readonly problems: readonly Diagnostic[]
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
  const { tapeFolder: folder, recording: only, feed } = parts
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
      return {
        row: { ...running, verdict: 'insufficient', reason: 'the proof was ended early' },
        differences: [],
        problems: [],
      }
    const problems = problemsOf(candidate, request.locate)
    const whole = { ...running, progress: 1, differences: found.length }
    const row = judge(whole, config, candidate, live, covered, problems[0])
    return { row, differences: found.slice(0, KEPT_DIFFERENCES), problems }
  })
  return { done, cancel: () => run.cancel() }
}

function ended(row: ProofRow): ProofRun {
  return { done: Promise.resolve({ row, differences: [], problems: [] }), cancel: () => {} }
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
function shortage(recorded: readonly { slot: SlotId; hours: number }[], minHours: number): string | null {
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
  problem: Diagnostic | undefined,
): ProofRow {
  if (candidate === undefined || candidate.failure !== null) {
    const what = problem === undefined ? 'it did not run' : placeText(problem)
    return { ...row, verdict: 'failed', reason: `it could not be replayed: ${what}` }
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
        : `${said}: ${broken.map((gate) => gateText(gate, problem)).join('; ')}`,
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

/** `8 faults, 0 allowed (snipe.ts:20:39 boom)`, `stake an order $12.00, at most $10.00 allowed`. */
function gateText({ name, value, bound, unit }: ProofGate, problem: Diagnostic | undefined): string {
  if (name === 'faults') {
    const what = problem === undefined ? '' : ` (${placeText(problem)})`
    return `${value} ${value === 1 ? 'fault' : 'faults'}, ${bound} allowed${what}`
  }
  const text = (figure: number) => (unit === 'usd' ? `$${figure.toFixed(2)}` : String(figure))
  return `${name} ${text(value)}, at most ${text(bound)} allowed`
}

function placeText({ file, line, column, message }: Diagnostic): string {
  return `${file}:${line}:${column} ${message}`
}

/** The first thing that the candidate threw, or where it did not return, at its place in the sources. */
function problemsOf(candidate: VersionOutcome | undefined, locate: ProofRequest['locate']): readonly Diagnostic[] {
  if (candidate === undefined) return []
  if (candidate.failure !== null) return [locate(candidate.failure)]
  const [first] = candidate.days.flatMap(({ firstFault }) => firstFault ?? [])
  if (first === undefined) return []
  const at = locate(first)
  return [{ ...at, message: `${at.message} (${first.slot} at ${isoUtc(first.ts).slice(11, 19)})` }]
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
