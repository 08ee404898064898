import { describe, expect, it } from 'vitest'
import { deskTime } from '../../src/renderer/data/clock-store.ts'
import { createBatcher, createThrottle } from '../../src/renderer/data/frame.ts'
import { backoffMs } from '../../src/renderer/data/socket-client.ts'
import { slotId } from '../support/ids.ts'
import { fakeDesk } from './fake-desk.ts'
import { deploymentRow, slotRow, status } from './rows.ts'

describe('a model', () => {
  it('takes a snapshot at every connection, also after a loss', async () => {
    const { model, calls, connect } = fakeDesk()
    await connect('connected')
    expect(model.desk.getState()).toMatchObject({ link: 'connected', snapshots: 1 })
    await connect('lost')
    expect(model.desk.getState().link).toBe('lost')
    await connect('connected')
    expect(calls.filter((call) => call.name === 'desk.snapshot')).toHaveLength(2)
    expect(model.desk.getState()).toMatchObject({ link: 'connected', snapshots: 2 })
  })

  it('changes its stores once a frame, however many pushes came', async () => {
    const { model, connect, push, paint } = fakeDesk()
    await connect('connected')
    let changes = 0
    model.desk.subscribe(() => {
      changes += 1
    })
    for (let move = 1; move <= 20; move += 1) push({ kind: 'slots', rows: [slotRow('BTC-5m', { moveBp: move })] })
    expect(changes).toBe(0)
    paint()
    expect(changes).toBe(1)
    expect(model.desk.getState().slots['BTC-5m']?.moveBp).toBe(20)
  })

  it('says stale after twelve seconds of silence, and connected with the next word', async () => {
    const { model, connect, push, paint, pass } = fakeDesk()
    await connect('connected')
    pass(11_000)
    expect(model.desk.getState().link).toBe('connected')
    pass(2_000)
    expect(model.desk.getState().link).toBe('stale')
    push({ kind: 'status', status: status() })
    paint()
    expect(model.desk.getState().link).toBe('connected')
  })

  it('shows what the desk answered to a command', async () => {
    const { model, connect } = fakeDesk()
    await connect('connected')
    await model.command({ kind: 'resume' })
    expect(model.ui.getState().notice).toMatchObject({ tone: 'refused', text: 'no' })
  })

  it('shows a chart in one minute or in the length of the slot itself', async () => {
    const { model, connect } = fakeDesk()
    await connect('connected')
    model.showChart(slotId('BTC-5m'), '5m')
    model.showChart(slotId('BTC-15m'))
    expect(model.chart.getState()).toMatchObject({ slot: 'BTC-15m', frame: '15m' })
  })

  it('goes back to the latest deployment when a new one begins', async () => {
    const { model, connect, push, paint } = fakeDesk()
    await connect('connected')
    model.ui.setState({ deployment: 'd1' })
    push({ kind: 'deployment', row: deploymentRow('d1', { handoffs: 1 }) })
    paint()
    expect(model.ui.getState().deployment).toBe('d1')
    push({ kind: 'deployment', row: deploymentRow('d2', { state: 'compiling' }) })
    paint()
    expect(model.ui.getState().deployment).toBeNull()
  })
})

describe('the clock', () => {
  const at = status({ now: 1_000_500, speed: 2 })

  it('is carried on at the speed of the run, but not for ever', () => {
    expect(deskTime(at, 1_000, null)).toBe(1_002_000)
    expect(deskTime(at, 60_000, null)).toBe(1_012_000)
  })

  it('stands where time has no speed', () => {
    expect(deskTime(status({ now: 5_000, speed: null }), 3_000, null)).toBe(5_000)
  })

  it('does not step back by a little, but does by a lot', () => {
    expect(deskTime(at, 0, 1_002_000)).toBe(1_002_000)
    expect(deskTime(at, 0, 9_000_000)).toBe(1_000_000)
  })
})

describe('gathering', () => {
  it('a batch holds everything of its frame, in order, and the next frame starts anew', () => {
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

  it('a throttle runs at once, then once for all requests of a period, and never loses the last', () => {
    let runs = 0
    let rest: () => void = () => {}
    const ask = createThrottle(
      1_000,
      () => {
        runs += 1
      },
      (_delayMs, later) => {
        rest = later
      },
    )
    ask()
    ask()
    ask()
    expect(runs).toBe(1)
    rest()
    expect(runs).toBe(2)
    rest()
    expect(runs).toBe(2)
  })

  it('reconnects quickly at first and never waits more than five seconds', () => {
    expect([0, 1, 2, 10, 99].map(backoffMs)).toEqual([250, 500, 1_000, 5_000, 5_000])
  })
})
