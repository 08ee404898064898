import { CYCLE_MS } from '../../engine/config.ts'
import type { DirectAnswer, DirectEvaluator } from '../../engine/cycle/direct.ts'
import { Engine } from '../../engine/engine.ts'
import type { EngineEvent } from '../../engine/events.ts'
import type { PlaybackSink } from '../../engine/market/simulated-venue.ts'
import { engineConfigOf, FINAL_VENUE } from '../../engine/settings.ts'
import type { SlotState } from '../../engine/slot-state.ts'
import { isUnsettled } from '../../engine/state.ts'
import { listingsOf } from '../../engine/venue/listing.ts'
import type { StrategyManifest } from '../../engine/views/view-types.ts'
import type { Config } from '../../shared/config.ts'
import { broken, ok, type Result } from '../../shared/domain/base.ts'
import type { VersionHash } from '../../shared/domain/ids.ts'
import { REPLAY_DEPLOYMENT } from '../../shared/domain/ids.ts'
import { usdOf } from '../../shared/domain/money.ts'
import type { Slot } from '../../shared/domain/slots.ts'
import { MINUTE, type UnixMs, unixMs } from '../../shared/domain/time.ts'
import { DecisionHash } from '../runtime/decision-hash.ts'
import { Gate } from '../runtime/gate.ts'
import { Outbox } from '../runtime/outbox.ts'
import { Runtime } from '../runtime/runtime.ts'
import type { DirectStrategy } from '../strategy-host/direct-strategy.ts'
import type { StrategyFailure } from '../strategy-host/protocol.ts'
import { type DayRecord, DayRecorder } from './day-record.ts'
import type { Playback } from './playback.ts'

/** How long prices are played after the last decision, ms: longer than the slowest settlement. */
export const SETTLING_MS = 7 * MINUTE

export interface DayParts {
  readonly strategy: DirectStrategy
  readonly params: StrategyManifest['params'] | null
  readonly version: VersionHash
  readonly label: string
  readonly config: Config
  readonly market: string
  readonly slots: readonly Slot[]
  readonly playback: Playback
  readonly from: UnixMs
  /** First moment without decisions. */
  readonly to: UnixMs
  /** Called every few cycles with the market time reached and the result so far; true ends the replay early. */
  readonly look: (now: number, record: DayRecorder, decisions: number) => boolean
}

/** Cycles between two progress reports: few enough that a slow strategy is not taken for one that hangs. */
const LOOK_EVERY = 16

/**
 * Replays one stretch of a tape through the engine: a recording of its own, with a fresh account and the strategy's first
 * state. The same engine, risk and paper fills as a live desk's; only the strategy is called directly.
 */
export function replayDay(parts: DayParts): Result<DayRecord, StrategyFailure> {
  const { strategy, slots, playback, from, to } = parts
  const states = strategy.firstStates(slots.map((slot) => slot.id))
  if (!states.ok) return states
  const replay = new DayReplay(parts)
  playback.begin(replay.engine, replay.desk)
  replay.tell({ kind: 'deposit', ts: from, amount: usdOf(parts.config.accountUsd) })
  playback.advance(from)
  replay.tell({
    kind: 'swap',
    ts: from,
    swap: {
      deployment: REPLAY_DEPLOYMENT,
      reason: 'deployment',
      strategy: strategy.manifest.name,
      version: parts.version,
      label: parts.label,
      manifest: strategy.manifest,
      before: null,
      states: states.value.map((state) => ({ ...state, fromRevision: 0 })),
    },
  })
  const reached = replay.cycles(from, to)
  if (reached >= to) playback.advance(to + SETTLING_MS)
  return ok(replay.finish(Math.min(reached, to)))
}

class DayReplay {
  readonly engine: Engine
  readonly desk: PlaybackSink
  private readonly parts: DayParts
  private readonly record = new DayRecorder()
  private readonly hash = new DecisionHash()
  private readonly runtime: Runtime
  private decisions = 0

  constructor(parts: DayParts) {
    this.parts = parts
    const settings = engineConfigOf(parts.config, parts.market, parts.slots, listingsOf(parts.slots, parts.playback), {
      ...FINAL_VENUE,
      officialStrikes: parts.playback.officialStrikes,
    })
    const assignments = new Map(parts.slots.map((slot) => [slot.id, parts.strategy.manifest.name]))
    const engine = new Engine({ ...settings, assignments })
    this.engine = engine
    const { playback } = parts
    // A replay has no journal and no kill: every approved order is sent.
    const outbox = new Outbox({
      gate: new Gate(),
      submit: (order, ts) => playback.submit(order, ts),
      durable: () => undefined,
      sign: () => '',
      report: (orderId, report, ts) => this.tell({ kind: 'order', ts, orderId, report }),
      isSent: () => true,
      timeOf: (requestedAt) => requestedAt,
      stopwatch: () => () => 0,
      refusal: () => null,
      onBatchSent: () => {},
    })
    this.runtime = new Runtime(
      engine,
      {
        record: (record) => this.record.take(record),
        evaluate: () => broken('a replay calls its strategy directly'),
        place: (orders, ts) => outbox.place(orders, ts, (error) => broken(String(error))),
        cancel: (orderId, ts) => playback.cancel(orderId, ts),
        // Redemptions come from the tape or the settler.
        redeem: () => {},
      },
      null,
    )
    this.desk = {
      price: (asset, ticks, at) => {
        if (asset.desk !== null) engine.tick(asset.desk, ticks, at)
      },
      remainder: (asset, remainder) => asset.desk !== null && engine.remainder(asset.desk, remainder),
      event: (event) => this.tell(event),
    }
  }

  /** The loop of `runVirtual` without any waiting. Returns the market time reached. */
  cycles(from: UnixMs, to: UnixMs): number {
    const { engine, hash } = this
    const { strategy, params, playback, look } = this.parts
    const seated = strategy.evaluatorFor(engine, params)
    const { answer } = seated
    const decider: DirectEvaluator = {
      answer,
      onSlotChanged: seated.onSlotChanged,
      evaluate: (turn, from, end) => {
        const at = seated.evaluate(turn, from, end)
        hash.repeat(turn, from, at)
        this.decisions += at - from
        const slot = at === end ? undefined : engine.slotAt(turn[at] ?? 0)
        if (slot !== undefined) this.hear(slot, answer)
        return at
      },
    }
    let count = 0
    let grid: number = from
    let now: number = from
    while (now < to) {
      if (count % LOOK_EVERY === 0 && look(now, this.record, this.decisions)) return now
      playback.advance(now)
      const woken = now === grid ? null : engine.wokenAt(now)
      count++
      const ts = unixMs(now)
      this.runtime.perform(engine.runCycle(ts, count, woken, decider), ts)
      if (now === grid) grid = grid - (grid % CYCLE_MS) + CYCLE_MS
      now = Math.min(grid, engine.nextWakeAt(now))
    }
    return to
  }

  /** A strategy's answer changed. */
  private hear(slot: SlotState, { fault, stack, why, intents }: DirectAnswer): void {
    const { now } = this.engine.state
    if (fault !== null) return this.record.fault(now, slot.id, fault, stack)
    this.decisions++
    this.hash.add(now, this.parts.version, slot, why, intents)
    if (intents.length > 0) this.record.act(now, slot.id, intents)
  }

  tell(event: EngineEvent): void {
    this.runtime.dispatch(event)
  }

  finish(reached: number): DayRecord {
    const { state } = this.engine
    const open = [...state.positions.values()].filter(isUnsettled)
    return this.record.finish({
      from: this.parts.from,
      reached,
      decisions: this.decisions,
      decisionsHash: this.hash.hex(),
      open: open.length,
      unsettled: open.map((position) => position.windowId),
      flatMinutes: Object.fromEntries(
        [...state.assets].flatMap(([name, { flatMinutes }]) => (flatMinutes > 0 ? [[name, flatMinutes]] : [])),
      ),
      ledgerBalanced: state.ledger.balanced(),
    })
  }
}
