import { describe, expect, it } from 'vitest'
import { askReplay, backToLive } from '../../src/renderer/data/actions.ts'
import { type ReplayForm, requestOf } from '../../src/renderer/data/replay-form.ts'
import { KEPT_RUNS, mergeRuns } from '../../src/renderer/data/replay-store.ts'
import type { ReplayTrade } from '../../src/shared/domain/replays.ts'
import type { ChartData } from '../../src/shared/ipc/chart-view.ts'
import { slotId } from '../support/ids.ts'
import { bench, later } from './bench.ts'
import { replayRow, replayStats, replayTrade, tapeEntry } from './rows.ts'

const FORM: ReplayForm = { strategy: 'snipe', tape: 'own', slots: 'all', hours: '', params: '' }
const TAPES = [tapeEntry('own')]

function chartOf(slot: string): ChartData {
  return { slot: slotId(slot), frame: '1m', candles: [[0, 1, 1, 1, 1, 1]], marks: [], lines: [] }
}

describe('a request', () => {
  it('without hours and params asks for the whole tape as the file is', () => {
    expect(requestOf(FORM, TAPES, slotId('BTC-5m'))).toEqual({
      ok: true,
      input: { strategy: 'snipe', tape: 'own', slots: null, hours: null, params: null },
    })
  })

  it('carries the slot on the chart, hours and params', () => {
    const form: ReplayForm = {
      ...FORM,
      slots: 'one',
      hours: '1,5',
      params: '{"minEdge": 0.02, "mode": "a", "on": true}',
    }
    expect(requestOf(form, TAPES, slotId('BTC-5m'))).toMatchObject({
      input: { slots: ['BTC-5m'], hours: 1.5, params: { minEdge: 0.02, mode: 'a', on: true } },
    })
  })

  it.each([
    ['a strategy', { strategy: null }, 'strategy'],
    ['a tape that exists', { tape: 'gone' }, 'tape'],
    ['a slot of the tape', { slots: 'one' }, 'slots'],
    ['hours above 0', { hours: '0' }, 'hours'],
    ['hours that are a number', { hours: 'all' }, 'hours'],
    ['params that are JSON', { params: '{minEdge: 1}' }, 'params'],
    ['params that are an object', { params: '[1]' }, 'params'],
    ['params with plain values', { params: '{"a": {"b": 1}}' }, 'params'],
    ['params without null', { params: '{"a": null}' }, 'params'],
  ] as const)('needs %s', (_what, change, field) => {
    expect(requestOf({ ...FORM, ...change }, TAPES, slotId('XRP-15m'))).toMatchObject({ ok: false, problem: { field } })
  })

  it('is checked before it leaves the window', async () => {
    const { session, connect, called } = bench({ 'tapes.list': () => TAPES })
    await connect('connected')
    session.replayActions.edit({ strategy: 'snipe', params: '{' })
    await session.replayActions.start()
    expect(called('replay.start')).toEqual([])
    expect(session.replay.getState().problem?.field).toBe('params')
    session.replayActions.edit({ params: '' })
    expect(session.replay.getState().problem).toBeNull()
  })
})

describe('runs', () => {
  it('are replaced by id, the newest first, at most as many as a desk keeps, never without the shown one', () => {
    const pushes = Array.from(
      { length: KEPT_RUNS + 5 },
      (_, n) => ({ kind: 'replay', row: replayRow(`r${n}`) }) as const,
    )
    const runs = mergeRuns([], pushes, 'r0')
    expect(runs[0]?.id).toBe(`r${KEPT_RUNS + 4}`)
    expect(runs).toHaveLength(KEPT_RUNS + 1)
    expect(runs.at(-1)?.id).toBe('r0')
    const changed = mergeRuns(runs, [{ kind: 'replay', row: replayRow('r0', { state: 'done' }) }], null)
    expect(changed.some((run) => run.id === 'r0')).toBe(false)
  })

  it('are asked for at the start; the newest is shown in the tab, the chart stays live', async () => {
    const { session, connect } = bench({ 'replay.list': () => [replayRow('r2'), replayRow('r1')] })
    await connect('connected')
    expect(session.replay.getState()).toMatchObject({ shown: 'r2', onChart: null })
  })

  it('that the desk has forgotten leave the tab and the chart', async () => {
    let runs = [replayRow('r1')]
    const { session, connect } = bench({ 'replay.list': () => runs })
    await connect('connected')
    session.replayActions.select('r1')
    runs = []
    await connect('lost')
    await connect('connected')
    expect(session.replay.getState()).toMatchObject({ shown: null, onChart: null, trades: null })
  })

  it('say how long they still take while they run', async () => {
    const { session, connect, push, paint, pass } = bench()
    await connect('connected')
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.1 }) })
    paint()
    pass(2_000)
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.3 }) })
    paint()
    expect(session.replay.getState().leftMs.r1).toBeCloseTo(7_000)
    push({ kind: 'replay', row: replayRow('r1', { progress: 1, state: 'done' }) })
    paint()
    expect(session.replay.getState().leftMs).toEqual({})
  })
})

describe('a started replay', () => {
  it('is shown, also on the chart, in a slot that it has', async () => {
    const { session, connect, push, paint } = bench({
      'tapes.list': () => TAPES,
      'replay.start': () => ({ ok: true, id: 'r1' }),
      'replay.list': () => [],
    })
    await connect('connected')
    askReplay(session, 'snipe')
    expect(session.ui.getState().tab).toBe('replay')
    const start = session.replayActions.start()
    push({ kind: 'replay', row: replayRow('r1', { slots: [slotId('ETH-5m')] }) })
    paint()
    await start
    expect(session.replay.getState()).toMatchObject({ shown: 'r1', onChart: 'r1', starting: false })
    expect(session.chart.getState().slot).toBe('ETH-5m')
  })

  it('that the desk refuses says why and changes nothing', async () => {
    const { session, connect } = bench({
      'tapes.list': () => TAPES,
      'replay.start': () => ({ ok: false, error: 'snipe.ts:3:1: no such name' }),
    })
    await connect('connected')
    session.replayActions.edit({ strategy: 'snipe' })
    await session.replayActions.start()
    expect(session.replay.getState()).toMatchObject({
      shown: null,
      onChart: null,
      problem: { field: null, text: 'snipe.ts:3:1: no such name' },
    })
  })

  it('is not started twice', async () => {
    const slow = later<unknown>()
    const { session, connect, called } = bench({ 'tapes.list': () => TAPES, 'replay.start': slow.answer })
    await connect('connected')
    session.replayActions.edit({ strategy: 'snipe' })
    void session.replayActions.start()
    await session.replayActions.start()
    expect(called('replay.start')).toHaveLength(1)
  })

  it('is cancelled until the desk says that it ended', async () => {
    const { session, connect, called, push, paint } = bench({ 'replay.list': () => [replayRow('r1')] })
    await connect('connected')
    await session.replayActions.cancel('r1')
    expect(called('replay.cancel')).toEqual([{ id: 'r1' }])
    expect(session.replay.getState().cancelling).toBe('r1')
    push({ kind: 'replay', row: replayRow('r1', { state: 'partial' }) })
    paint()
    expect(session.replay.getState().cancelling).toBeNull()
  })

  it('that had ended cannot be cancelled', async () => {
    const { session, connect } = bench({ 'replay.cancel': () => ({ ok: false }) })
    await connect('connected')
    await session.replayActions.cancel('r1')
    expect(session.replay.getState().cancelling).toBeNull()
    expect(session.ui.getState().notice?.tone).toBe('refused')
  })
})

describe('trades and chart of a replay', () => {
  const RUNS = [replayRow('r2', { state: 'done' }), replayRow('r1', { state: 'done' })]

  it('are never those of a run that was left meanwhile', async () => {
    const trades = later<readonly ReplayTrade[]>()
    const charts = later<ChartData>()
    const { session, connect, rest } = bench({
      'replay.list': () => RUNS,
      'replay.trades': trades.answer,
      'replay.chart': charts.answer,
    })
    await connect('connected')
    session.replayActions.select('r2')
    session.replayActions.select('r1')
    await trades.give([replayTrade('of r2')])
    await charts.give(chartOf('BTC-5m'))
    expect(session.replay.getState()).toMatchObject({ shown: 'r1', trades: null, chart: null })
    await rest()
    await trades.give([replayTrade('of r1')])
    await charts.give(chartOf('BTC-5m'))
    expect(session.replay.getState().trades?.[0]?.windowId).toBe('of r1')
    expect(session.replay.getState().chart).toEqual(chartOf('BTC-5m'))
  })

  it('follow the slot and the candle length of the chart', async () => {
    const { session, connect, called, rest } = bench({
      'replay.list': () => RUNS,
      'replay.chart': (input) => chartOf((input as { slot: string }).slot),
    })
    await connect('connected')
    session.replayActions.select('r2')
    await rest()
    session.showChart(slotId('ETH-5m'))
    expect(session.replay.getState().chart).toBeNull()
    await rest()
    expect(session.replay.getState().chart?.slot).toBe('ETH-5m')
    expect(called('replay.chart').at(-1)).toEqual({ id: 'r2', slot: 'ETH-5m', frame: '1m' })
  })

  it('show a chosen trade in its slot; back to live leaves the run in the tab', async () => {
    const { session, connect } = bench({ 'replay.list': () => RUNS })
    await connect('connected')
    const trade = replayTrade('w', { slot: slotId('ETH-5m') })
    session.replayActions.choose(trade)
    expect(session.replay.getState()).toMatchObject({ chosen: trade, onChart: 'r2' })
    expect(session.chart.getState().slot).toBe('ETH-5m')
    expect(backToLive(session)).toBe(true)
    expect(session.replay.getState()).toMatchObject({ shown: 'r2', onChart: null, chart: null, chosen: null })
  })

  it('are asked for again when a run has more trades, not with every step', async () => {
    const { session, connect, called, push, paint, rest } = bench({ 'replay.list': () => [replayRow('r1')] })
    await connect('connected')
    await rest()
    const before = called('replay.trades').length
    const one = replayStats({ trades: 1 })
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.1 }) })
    paint()
    expect(called('replay.trades').length).toBe(before)
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.2, stats: one }) })
    paint()
    await rest()
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.3, stats: one }) })
    paint()
    await rest()
    expect(called('replay.trades').length).toBe(before + 1)
    expect(session.replay.getState().trades).toEqual([])
  })
})
