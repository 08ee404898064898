import { parentPort } from 'node:worker_threads'
import { err, ok, type Result } from '../../shared/domain/base.ts'
import { systemClock } from '../platform/system.ts'
import { DirectStrategy } from '../strategy-host/direct-strategy.ts'
import type { StrategyFailure } from '../strategy-host/protocol.ts'
import { replayDay } from './day.ts'
import type { DayRecorder } from './day-record.ts'
import { CandlePlayback, type Playback } from './playback.ts'
import { openOwnTape, openTapes, playedUntil, type ReplayTape } from './plan.ts'
import { PricePlayback } from './price-playback.ts'
import type { FromReplayThread, ReplayJob, ReplayVersion, TapeRequest, ToReplayThread } from './protocol.ts'
import { RecordedPlayback } from './recorded-playback.ts'
import { listTapes } from '../tape/library.ts'
import { TapeCursor } from './tape-cursor.ts'
import { historyOf, minutesOf } from './tape-history.ts'

/** A thread that replays: engine and strategy side by side, one job after another. */
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread')

const TELL_EVERY_MS = 100
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
  let toldAt = systemClock.monotonic()
  const sent = { acts: 0, trades: 0 }
  const look = (reached: number, record: DayRecorder, decisions: number): boolean => {
    const now = systemClock.monotonic()
    if (now - toldAt >= TELL_EVERY_MS) {
      toldAt = now
      const acts = record.actsSince(sent.acts)
      const trades = record.tradesSince(sent.trades)
      sent.acts += acts.length
      sent.trades += trades.length
      tell({ kind: 'progress', reached, decisions, acts, trades })
    }
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
  tell({ kind: 'done', day: day.value })
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
    const outcome = replay(message.job, tell)
    if (!outcome.ok) tell({ kind: 'failed', failure: outcome.error })
  } catch (error) {
    const { message: text, stack } = error instanceof Error ? error : new Error(String(error))
    tell({ kind: 'failed', failure: { message: text, stack: stack ?? '' } })
  }
})
