import { describe, expect, it } from 'vitest'
import { backToLive, candidateToReload, reloadCandidate, showDifference } from '../../src/renderer/data/actions.ts'
import { mergeDifferences } from '../../src/renderer/data/proof-store.ts'
import { isWorthShowing, RemainingTime } from '../../src/renderer/data/remaining-time.ts'
import { verdictOf } from '../../src/renderer/features/deployments/progress.ts'
import { describeAct } from '../../src/renderer/features/differences/describe-act.ts'
import type { DeploymentRow } from '../../src/shared/domain/deployments.ts'
import { priceOf, usdOf } from '../../src/shared/domain/money.ts'
import type { DecisionDifference } from '../../src/shared/domain/proofs.ts'
import { deploymentId, slotId } from '../support/ids.ts'
import { deferred, fakeDesk } from './fake-desk.ts'
import { deploymentRow, difference, proofRow, snapshot, versionRef } from './rows.ts'

function proving(id: string, progress: number, differences = 0): DeploymentRow {
  return deploymentRow(id, { state: 'proving', proof: proofRow({ verdict: 'running', progress, differences }) })
}

function proved(id: string, differences: number): DeploymentRow {
  return deploymentRow(id, { state: 'kept', proof: proofRow({ differences }) })
}

describe('differences', () => {
  it('are merged by time without duplicates', () => {
    const first = [difference(2), difference(5)]
    const merged = mergeDifferences(first, [difference(5), difference(1), difference(2, { slot: slotId('ETH-5m') })])
    expect(merged.map((item) => `${item.slot} ${item.ts}`)).toEqual(
      [difference(1), difference(2), difference(2, { slot: slotId('ETH-5m') }), difference(5)].map(
        (item) => `${item.slot} ${item.ts}`,
      ),
    )
    expect(mergeDifferences(merged, [difference(1)])).toBe(merged)
  })

  it('are pushed while a proof runs; those of other deployments are ignored', async () => {
    const { model, connect, push, renderFrame } = fakeDesk()
    await connect('connected')
    push({ kind: 'deployment', row: proving('d2', 0.1) })
    push({ kind: 'diff', deployment: deploymentId('d2'), items: [difference(1)] })
    push({ kind: 'diff', deployment: deploymentId('d1'), items: [difference(9)] })
    renderFrame()
    push({ kind: 'diff', deployment: deploymentId('d2'), items: [difference(2)] })
    renderFrame()
    expect(model.proof.getState()).toMatchObject({ deployment: 'd2', items: [difference(1), difference(2)] })
  })

  it('are loaded when the proof ended before the window connected', async () => {
    const { model, connect } = fakeDesk({
      'desk.snapshot': () => snapshot({ deployments: [proved('d1', 2)] }),
      'proof.diff': () => [difference(1), difference(2)],
    })
    await connect('connected')
    expect(model.proof.getState().items).toHaveLength(2)
  })

  it('that were missed are loaded when the proof ends, and only then', async () => {
    let known: readonly DecisionDifference[] = []
    const { model, connect, called, push, renderFrame, runTimers } = fakeDesk({ 'proof.diff': () => known })
    await connect('connected')
    push({ kind: 'deployment', row: proving('d2', 0) })
    renderFrame()
    await runTimers()
    known = [difference(1), difference(2), difference(3)]
    const before = called('proof.diff').length
    push({ kind: 'diff', deployment: deploymentId('d2'), items: [difference(2)] })
    push({ kind: 'deployment', row: proved('d2', 3) })
    renderFrame()
    await runTimers()
    expect(model.proof.getState().items).toHaveLength(3)
    push({ kind: 'deployment', row: proved('d2', 3) })
    renderFrame()
    await runTimers()
    expect(called('proof.diff').length).toBe(before + 1)
  })

  it('that were all pushed are not loaded again', async () => {
    const { connect, called, push, renderFrame } = fakeDesk()
    await connect('connected')
    push({ kind: 'deployment', row: proving('d2', 0) })
    renderFrame()
    const before = called('proof.diff').length
    push({ kind: 'deployment', row: proved('d2', 1) })
    push({ kind: 'diff', deployment: deploymentId('d2'), items: [difference(1)] })
    renderFrame()
    expect(called('proof.diff').length).toBe(before)
  })

  it('of an earlier proof that arrive late are not shown for another proof', async () => {
    const slow = deferred<readonly DecisionDifference[]>()
    const { model, connect, push, renderFrame } = fakeDesk({
      'desk.snapshot': () => snapshot({ deployments: [proved('d1', 1)] }),
      'proof.diff': slow.answer,
    })
    await connect('connected')
    expect(model.proof.getState().items).toBeNull()
    push({ kind: 'deployment', row: deploymentRow('d2') })
    renderFrame()
    await slow.resolve([difference(1)])
    expect(model.proof.getState()).toMatchObject({ deployment: 'd2', items: [] })
  })

  it('that cannot be loaded show an error, and can be loaded again', async () => {
    const slow = deferred<readonly DecisionDifference[]>()
    const { model, connect } = fakeDesk({
      'desk.snapshot': () => snapshot({ deployments: [proved('d1', 1)] }),
      'proof.diff': slow.answer,
    })
    await connect('connected')
    await slow.reject('the journal is busy')
    expect(model.proof.getState()).toMatchObject({ items: null, error: 'the journal is busy' })
    model.proofActions.refresh()
    await slow.resolve([difference(1)])
    expect(model.proof.getState()).toMatchObject({ items: [difference(1)], error: null })
  })

  it('of a deployment picked from the list are shown instead of those of the latest', async () => {
    const { model, connect } = fakeDesk({
      'desk.snapshot': () => snapshot({ deployments: [deploymentRow('d2'), proved('d1', 1)] }),
      'proof.diff': () => [difference(1)],
    })
    await connect('connected')
    model.ui.setState({ deployment: 'd1' })
    expect(model.proof.getState().deployment).toBe('d1')
  })

  it('are shown on the live chart in their slot until backToLive', async () => {
    const { model, connect } = fakeDesk()
    await connect('connected')
    const item = difference(1, { slot: slotId('ETH-5m') })
    showDifference(model, item)
    expect(model.chart.getState().slot).toBe('ETH-5m')
    expect(model.proof.getState().chosen).toBe(item)
    expect(backToLive(model)).toBe(true)
    expect(model.proof.getState().chosen).toBeNull()
    expect(backToLive(model)).toBe(false)
  })
})

describe('a waiting candidate', () => {
  it('is reloaded by its hash; the shown one comes first', async () => {
    const { model, connect, called } = fakeDesk()
    await connect('connected')
    const older = deploymentRow('d1', { state: 'waiting', version: versionRef(3) })
    const newer = deploymentRow('d2', { state: 'waiting', version: versionRef(4) })
    expect(candidateToReload([newer, older], null)).toBe(newer)
    expect(candidateToReload([newer, older], 'd1')).toBe(older)
    expect(candidateToReload([deploymentRow('d3'), newer], null)).toBe(newer)
    expect(candidateToReload([deploymentRow('d3')], null)).toBeNull()
    reloadCandidate(model, newer)
    expect(called('desk.command')).toEqual([{ kind: 'reload', strategy: 'snipe', hash: versionRef(4).hash }])
  })
})

describe('the remaining time', () => {
  it('is estimated from the progress since the work was first seen, and restarts when progress goes back', () => {
    let now = 0
    const remaining = new RemainingTime(() => now)
    expect(remaining.estimate('a', 0.2)).toBeNull()
    now = 1_000
    expect(remaining.estimate('a', 0.6)).toBeCloseTo(1_000)
    expect(remaining.estimate('a', 0.1)).toBeNull()
  })

  it('is shown when it is more than 300 ms', () => {
    expect([null, 0, 300, 301].map(isWorthShowing)).toEqual([false, false, false, true])
  })

  it('of a proof is null after its end', async () => {
    const { model, connect, push, renderFrame, advance } = fakeDesk()
    await connect('connected')
    push({ kind: 'deployment', row: proving('d2', 0) })
    renderFrame()
    advance(1_000)
    push({ kind: 'deployment', row: proving('d2', 0.5) })
    renderFrame()
    expect(model.proof.getState().remainingMs).toBeCloseTo(1_000)
    push({ kind: 'deployment', row: proved('d2', 0) })
    renderFrame()
    expect(model.proof.getState().remainingMs).toBeNull()
  })
})

describe('texts', () => {
  it('describe an action of a version', () => {
    const enter = { kind: 'enter', side: 'up', limit: priceOf(0.62), stake: usdOf(5), why: '' } as const
    expect(describeAct(enter)).toBe('enter up @ 0.62 $5.00')
    expect(describeAct({ ...enter, limit: priceOf(0.995) })).toBe('enter up @ 0.995 $5.00')
    expect(describeAct({ kind: 'cancel', side: null, limit: null, stake: null, why: '' })).toBe('cancel')
    expect(describeAct(null)).toBe('hold')
  })

  it('give a verdict a colour only when it is a problem', () => {
    expect(verdictOf('passed').tone).toBe('')
    expect(verdictOf('failed').tone).toBe('down')
    expect(verdictOf('insufficient').tone).toBe('attention')
  })
})
