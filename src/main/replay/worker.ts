import { parentPort } from 'node:worker_threads'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import type { ReplayTrade } from '../../shared/domain/replays.ts'
import { systemClock } from '../platform/system.ts'
import { DirectStrategy } from '../strategy-host/direct-strategy.ts'
import type { StrategyFailure } from '../strategy-host/protocol.ts'
import { listTapes } from '../tape/library.ts'
import { replayDay } from './day.ts'
import type { Act, DayRecorder } from './day-record.ts'
import { openTapes } from './open-tapes.ts'
import { openOwnTape } from './own-tape.ts'
import { playedUntil } from './plan.ts'
import { CandlePlayback, type Playback } from './playback.ts'
import { PricePlayback } from './price-playback.ts'
import type { FromReplayThread, ReplayJob, ReplayVersion, TapeRequest, ToReplayThread } from './protocol.ts'
import { RecordedPlayback } from './recorded-playback.ts'
import { TapeCursor } from './tape-cursor.ts'
import { historyOf, minutesOf } from './tape-history.ts'
import type { ReplayTape } from './tape-types.ts'

/** A replay thread: engine and strategy in one thread, one job after another. */
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread')

const TELL_EVERY_MS = 100
/** Acts, and trades, in one message. */
const TOLD_AT_ONCE = 1_000
/** Strategies stay loaded for the next day of the same replay. */
const KEPT_STRATEGIES = 4
const strategies = new Map<string, DirectStrategy>()

function strategyOf({ hash, label, bundle, params }: ReplayVersion): Result<DirectStrategy, StrategyFailure> {
  const key = `${hash} ${JSON.stringify(params)}`
  const known = strategies.get(key)
  if (known !== undefined) return ok(known)
  const loaded = DirectStrategy.load(bundle, label)
  if (!loaded.ok) return loaded
  strategies.set(key, loaded.value)
  const [oldest] = strategies.keys()
  if (strategies.size > KEPT_STRATEGIES && oldest !== undefined) strategies.delete(oldest)
  return loaded
}

function playbackOf(job: ReplayJob): Result<Playback> {
  const { stretch, slots, config, seed, settlement } = job
  const { source } = stretch
  if (source.kind === 'candles') {
    const span = { from: stretch.from, until: playedUntil(stretch.to), seed, settlement }
    return ok(new CandlePlayback(source.series, slots, config, span))
  }
  const cursor = TapeCursor.open(source.paths)
  if (!cursor.ok) return cursor
  if (source.kind === 'prices') return ok(new PricePlayback(cursor.value, slots, config, { seed, settlement }))
  const history = historyOf(cursor.value)
  return history.ok ? ok(new RecordedPlayback(cursor.value, history.value, config, seed)) : history
}

function replay(job: ReplayJob, tell: (message: FromReplayThread) => void): Result<void, StrategyFailure> {
  const { version, stretch, abort } = job
  const strategy = strategyOf(version)
  if (!strategy.ok) return strategy
  const playback = playbackOf(job)
  if (!playback.ok) return err({ message: playback.error, stack: '' })
  const told = { at: Number.NEGATIVE_INFINITY, acts: 0, trades: 0 }
  const send = (reached: number, decisions: number, acts: readonly Act[], trades: readonly ReplayTrade[]) => {
    told.at = systemClock.monotonic()
    told.acts += acts.length
    told.trades += trades.length
    // In messages small enough not to hold up the desk's thread.
    for (let i = 0; i === 0 || i < Math.max(acts.length, trades.length); i += TOLD_AT_ONCE) {
      const part = <T>(all: readonly T[]) => all.slice(i, i + TOLD_AT_ONCE)
      tell({ kind: 'progress', reached, decisions, acts: part(acts), trades: part(trades) })
    }
  }
  const look = (reached: number, record: DayRecorder, decisions: number): boolean => {
    if (systemClock.monotonic() - told.at >= TELL_EVERY_MS)
      send(reached, decisions, record.actsSince(told.acts), record.tradesSince(told.trades))
    return Atomics.load(abort, 0) !== 0
  }
  const day = replayDay({
    strategy: strategy.value,
    params: version.params,
    version: version.hash,
    label: version.label,
    config: job.config,
    market: job.market,
    slots: job.slots,
    playback: playback.value,
    from: stretch.from,
    to: stretch.to,
    look,
  })
  if (!day.ok) return day
  const { acts, trades, reached, decisions } = day.value
  send(reached, decisions, acts.slice(told.acts), trades.slice(told.trades))
  tell({ kind: 'done', day: { ...day.value, acts: [], trades: [] } })
  return ok(undefined)
}

function open(tape: TapeRequest): Result<ReplayTape> {
  if (tape.kind === 'files') return openTapes(tape.paths)
  return openOwnTape(tape.folder, tape)
}

port.on('message', (message: ToReplayThread) => {
  const tell = (reply: FromReplayThread) => port.postMessage(reply)
  try {
    if (message.kind === 'open') return tell({ kind: 'opened', tape: open(message.tape) })
    if (message.kind === 'list') return tell({ kind: 'listed', library: listTapes(message.folder) })
    if (message.kind === 'minutes') {
      const { source, asset, from, to } = message
      return tell({ kind: 'minutes', minutes: minutesOf(source, asset, from, to) })
    }
    if (message.kind === 'load') {
      const loaded = strategyOf(message.version)
      return tell(
        loaded.ok ? { kind: 'loaded', manifest: loaded.value.manifest } : { kind: 'failed', failure: loaded.error },
      )
    }
    const outcome = replay(message.job, tell)
    if (!outcome.ok) tell({ kind: 'failed', failure: outcome.error })
  } catch (error) {
    const { message: text, stack } = error instanceof Error ? error : new Error(String(error))
    tell({ kind: 'failed', failure: { message: text, stack: stack ?? '' } })
  }
})
