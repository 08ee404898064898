import { describe, expect, it } from 'vitest'
import { deskTime } from '../../src/renderer/data/clock-store.ts'
import { createBatcher, createThrottle } from '../../src/renderer/data/frame.ts'
import { backoffMs } from '../../src/renderer/data/socket-client.ts'
import { slotId } from '../support/ids.ts'
import { fakeDesk } from './fake-desk.ts'
import { deploymentRow, slotRow, status } from './rows.ts'

describe('a desk model', () => {
  it('fetches a snapshot at every connection, also after a lost one', async () => {
    const { model, calls, connect } = fakeDesk()
    await connect('connected')
    expect(model.desk.getState()).toMatchObject({ connection: 'connected', snapshots: 1 })
    await connect('lost')
    expect(model.desk.getState().connection).toBe('lost')
    await connect('connected')
    expect(calls.filter((call) => call.name === 'desk.snapshot')).toHaveLength(2)
    expect(model.desk.getState()).toMatchObject({ connection: 'connected', snapshots: 2 })
  })

  it('changes its stores once per frame, whatever the number of pushes', async () => {
    const { model, connect, push, renderFrame } = fakeDesk()
    await connect('connected')
    let changes = 0
    model.desk.subscribe(() => {
      changes += 1
    })
    for (let move = 1; move <= 20; move += 1) push({ kind: 'slots', rows: [slotRow('BTC-5m', { moveBp: move })] })
    expect(changes).toBe(0)
    renderFrame()
    expect(changes).toBe(1)
    expect(model.desk.getState().slots['BTC-5m']?.moveBp).toBe(20)
  })

  it('is stale after twelve seconds without a push, and connected after the next one', async () => {
    const { model, connect, push, renderFrame, advance } = fakeDesk()
    await connect('connected')
    advance(11_000)
    expect(model.desk.getState().connection).toBe('connected')
    advance(2_000)
    expect(model.desk.getState().connection).toBe('stale')
    push({ kind: 'status', status: status() })
    renderFrame()
    expect(model.desk.getState().connection).toBe('connected')
  })

  it('shows the outcome of a command', async () => {
    const { model, connect } = fakeDesk()
    await connect('connected')
    await model.command({ kind: 'resume' })
    expect(model.ui.getState().toast).toMatchObject({ tone: 'refused', text: 'no' })
  })

  it("shows a chart in candles of one minute or of the slot's timeframe", async () => {
    const { model, connect } = fakeDesk()
    await connect('connected')
    model.showChart(slotId('BTC-5m'), '5m')
    model.showChart(slotId('BTC-15m'))
    expect(model.chart.getState()).toMatchObject({ slot: 'BTC-15m', frame: '15m' })
  })

  it('shows the latest deployment when a new one begins', async () => {
    const { model, connect, push, renderFrame } = fakeDesk()
    await connect('connected')
    model.ui.setState({ deployment: 'd1' })
    push({ kind: 'deployment', row: deploymentRow('d1', { handoffs: 1 }) })
    renderFrame()
    expect(model.ui.getState().deployment).toBe('d1')
    push({ kind: 'deployment', row: deploymentRow('d2', { state: 'compiling' }) })
    renderFrame()
    expect(model.ui.getState().deployment).toBeNull()
  })
})

describe('the clock', () => {
  const at = status({ now: 1_000_500, speed: 2 })

  it('is extrapolated at the speed of the run for a limited time', () => {
    expect(deskTime(at, 1_000, null)).toBe(1_002_000)
    expect(deskTime(at, 60_000, null)).toBe(1_012_000)
  })

  it('is not extrapolated when time has no speed', () => {
    expect(deskTime(status({ now: 5_000, speed: null }), 3_000, null)).toBe(5_000)
  })

  it('suppresses a small step back, but not a large one', () => {
    expect(deskTime(at, 0, 1_002_000)).toBe(1_002_000)
    expect(deskTime(at, 0, 9_000_000)).toBe(1_000_000)
  })
})

describe('batching and throttling', () => {
  it('a batch contains all items of its frame, in order', () => {
    const frames: (() => void)[] = []
    const seen: (readonly number[])[] = []
    const add = createBatcher<number>(
      (run) => frames.push(run),
      (items) => seen.push(items),
    )
    add(1)
    add(2)
    frames.shift()?.()
    add(3)
    frames.shift()?.()
    expect(seen).toEqual([[1, 2], [3]])
  })

  it('a throttle runs at once, then once for all requests of a period', () => {
    let runs = 0
    let endPeriod: () => void = () => {}
    const request = createThrottle(
      1_000,
      () => {
        runs += 1
      },
      (_delayMs, run) => {
        endPeriod = run
      },
    )
    request()
    request()
    request()
    expect(runs).toBe(1)
    endPeriod()
    expect(runs).toBe(2)
    endPeriod()
    expect(runs).toBe(2)
  })

  it('reconnect attempts back off to at most five seconds', () => {
    expect([0, 1, 2, 10, 99].map(backoffMs)).toEqual([250, 500, 1_000, 5_000, 5_000])
  })
})
