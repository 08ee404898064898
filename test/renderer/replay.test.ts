import { describe, expect, it } from 'vitest'
import { backToLive, openReplayTab } from '../../src/renderer/data/actions.ts'
import { type ReplayForm, requestOf } from '../../src/renderer/data/replay-form.ts'
import { KEPT_RUNS, mergeRuns } from '../../src/renderer/data/replay-store.ts'
import type { ReplayTrade } from '../../src/shared/domain/replays.ts'
import { CALLS } from '../../src/shared/ipc/calls.ts'
import type { ChartData } from '../../src/shared/ipc/chart-view.ts'
import { slotId } from '../support/ids.ts'
import { deferred, fakeDesk } from './fake-desk.ts'
import { replayRow, replayStats, replayTrade, tapeEntry } from './rows.ts'

const FORM: ReplayForm = { strategy: 'snipe', tape: 'own', slots: 'all', hours: '', params: '' }
const TAPES = [tapeEntry('own')]

function chartOf(slot: string): ChartData {
  return { slot: slotId(slot), frame: '1m', candles: [[0, 1, 1, 1, 1, 1]], marks: [], lines: [] }
}

describe('a request', () => {
  it('without hours and params requests the whole tape with the params of the file', () => {
    expect(requestOf(FORM, TAPES, slotId('BTC-5m'))).toEqual({
      ok: true,
      input: { strategy: 'snipe', tape: 'own', slots: null, hours: null, params: null },
    })
  })

  it('contains the slot on the chart, hours and params', () => {
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

  it('is validated before it is sent', async () => {
    const { model, connect, called } = fakeDesk({ 'tapes.list': () => TAPES })
    await connect('connected')
    model.replayActions.edit({ strategy: 'snipe', params: '{' })
    await model.replayActions.start()
    expect(called('replay.start')).toEqual([])
    expect(model.replay.getState().problem?.field).toBe('params')
    model.replayActions.edit({ params: '' })
    expect(model.replay.getState().problem).toBeNull()
  })
})

describe('runs', () => {
  it('are replaced by id, newest first, limited to those a desk keeps plus the shown one', () => {
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

  it('are fetched at the start; the newest is shown in the tab, the chart stays live', async () => {
    const { model, connect } = fakeDesk({ 'replay.list': () => [replayRow('r2'), replayRow('r1')] })
    await connect('connected')
    expect(model.replay.getState()).toMatchObject({ shown: 'r2', onChart: null })
  })

  it('that the desk no longer has are removed from the tab and the chart', async () => {
    let runs = [replayRow('r1')]
    const { model, connect } = fakeDesk({ 'replay.list': () => runs })
    await connect('connected')
    model.replayActions.select('r1')
    runs = []
    await connect('lost')
    await connect('connected')
    expect(model.replay.getState()).toMatchObject({ shown: null, onChart: null, trades: null })
  })

  it('have an estimated remaining time while they run', async () => {
    const { model, connect, push, renderFrame, advance } = fakeDesk()
    await connect('connected')
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.1 }) })
    renderFrame()
    advance(2_000)
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.3 }) })
    renderFrame()
    expect(model.replay.getState().remainingMs.r1).toBeCloseTo(7_000)
    push({ kind: 'replay', row: replayRow('r1', { progress: 1, state: 'done' }) })
    renderFrame()
    expect(model.replay.getState().remainingMs).toEqual({})
  })
})

describe('a started replay', () => {
  it('is shown in the tab and on the chart, in one of its slots', async () => {
    const { model, connect, push, renderFrame } = fakeDesk({
      'tapes.list': () => TAPES,
      'replay.start': () => ({ ok: true, id: 'r1' }),
      'replay.list': () => [],
    })
    await connect('connected')
    openReplayTab(model, 'snipe')
    expect(model.ui.getState().tab).toBe('replay')
    const start = model.replayActions.start()
    push({ kind: 'replay', row: replayRow('r1', { slots: [slotId('ETH-5m')] }) })
    renderFrame()
    await start
    expect(model.replay.getState()).toMatchObject({ shown: 'r1', onChart: 'r1', starting: false })
    expect(model.chart.getState().slot).toBe('ETH-5m')
  })

  it('that the desk refuses shows the reason and changes nothing', async () => {
    const { model, connect } = fakeDesk({
      'tapes.list': () => TAPES,
      'replay.start': () => ({ ok: false, error: 'snipe.ts:3:1: no such name' }),
    })
    await connect('connected')
    model.replayActions.edit({ strategy: 'snipe' })
    await model.replayActions.start()
    expect(model.replay.getState()).toMatchObject({
      shown: null,
      onChart: null,
      problem: { field: null, text: 'snipe.ts:3:1: no such name' },
    })
  })

  it('is not started twice', async () => {
    const slow = deferred<unknown>()
    const { model, connect, called } = fakeDesk({ 'tapes.list': () => TAPES, 'replay.start': slow.answer })
    await connect('connected')
    model.replayActions.edit({ strategy: 'snipe' })
    void model.replayActions.start()
    await model.replayActions.start()
    expect(called('replay.start')).toHaveLength(1)
  })

  it('is marked as cancelling until the desk reports its end', async () => {
    const { model, connect, called, push, renderFrame } = fakeDesk({ 'replay.list': () => [replayRow('r1')] })
    await connect('connected')
    await model.replayActions.cancel('r1')
    expect(called('replay.cancel')).toEqual([{ id: 'r1' }])
    expect(model.replay.getState().cancelling).toBe('r1')
    push({ kind: 'replay', row: replayRow('r1', { state: 'partial' }) })
    renderFrame()
    expect(model.replay.getState().cancelling).toBeNull()
  })

  it('that had ended cannot be cancelled', async () => {
    const { model, connect } = fakeDesk({ 'replay.cancel': () => ({ ok: false }) })
    await connect('connected')
    await model.replayActions.cancel('r1')
    expect(model.replay.getState().cancelling).toBeNull()
    expect(model.ui.getState().toast?.tone).toBe('refused')
  })
})

describe('trades and chart of a replay', () => {
  const RUNS = [replayRow('r2', { state: 'done' }), replayRow('r1', { state: 'done' })]

  it('are ignored when another run is shown by the time they arrive', async () => {
    const trades = deferred<readonly ReplayTrade[]>()
    const charts = deferred<ChartData>()
    const { model, connect, runTimers } = fakeDesk({
      'replay.list': () => RUNS,
      'replay.trades': trades.answer,
      'replay.chart': charts.answer,
    })
    await connect('connected')
    model.replayActions.select('r2')
    model.replayActions.select('r1')
    await trades.resolve([replayTrade('of r2')])
    await charts.resolve(chartOf('BTC-5m'))
    expect(model.replay.getState()).toMatchObject({ shown: 'r1', trades: null, chart: null })
    await runTimers()
    await trades.resolve([replayTrade('of r1')])
    await charts.resolve(chartOf('BTC-5m'))
    expect(model.replay.getState().trades?.[0]?.windowId).toBe('of r1')
    expect(model.replay.getState().chart).toEqual(chartOf('BTC-5m'))
  })

  it('follow the slot and the candle length of the chart', async () => {
    const { model, connect, called, runTimers } = fakeDesk({
      'replay.list': () => RUNS,
      'replay.chart': (input) => chartOf(CALLS['replay.chart'].input.parse(input).slot),
    })
    await connect('connected')
    model.replayActions.select('r2')
    await runTimers()
    model.showChart(slotId('ETH-5m'))
    expect(model.replay.getState().chart).toBeNull()
    await runTimers()
    expect(model.replay.getState().chart?.slot).toBe('ETH-5m')
    expect(called('replay.chart').at(-1)).toEqual({ id: 'r2', slot: 'ETH-5m', frame: '1m' })
  })

  it('show a chosen trade in its slot; backToLive keeps the run in the tab', async () => {
    const { model, connect } = fakeDesk({ 'replay.list': () => RUNS })
    await connect('connected')
    const trade = replayTrade('w', { slot: slotId('ETH-5m') })
    model.replayActions.choose(trade)
    expect(model.replay.getState()).toMatchObject({ chosen: trade, onChart: 'r2' })
    expect(model.chart.getState().slot).toBe('ETH-5m')
    expect(backToLive(model)).toBe(true)
    expect(model.replay.getState()).toMatchObject({ shown: 'r2', onChart: null, chart: null, chosen: null })
  })

  it('are fetched again when a run has more trades, not at every progress report', async () => {
    const { model, connect, called, push, renderFrame, runTimers } = fakeDesk({
      'replay.list': () => [replayRow('r1')],
    })
    await connect('connected')
    await runTimers()
    const before = called('replay.trades').length
    const one = replayStats({ trades: 1 })
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.1 }) })
    renderFrame()
    expect(called('replay.trades').length).toBe(before)
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.2, stats: one }) })
    renderFrame()
    await runTimers()
    push({ kind: 'replay', row: replayRow('r1', { progress: 0.3, stats: one }) })
    renderFrame()
    await runTimers()
    expect(called('replay.trades').length).toBe(before + 1)
    expect(model.replay.getState().trades).toEqual([])
  })
})
