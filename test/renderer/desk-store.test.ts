import { describe, expect, it } from 'vitest'
import {
  applyPushes,
  applySnapshot,
  createDeskStore,
  type DeskState,
  KEPT_EVENTS,
} from '../../src/renderer/data/desk-store.ts'
import { stepsOf } from '../../src/renderer/features/deployments/progress.ts'
import { sortVersions } from '../../src/renderer/features/versions/sort-versions.ts'
import { deploymentRow, slotPosition, slotRow, snapshot, status, versionRow } from './rows.ts'

function loaded(): DeskState {
  return applySnapshot(createDeskStore().getState(), snapshot())
}

describe('pushes', () => {
  it('replace the row of the same key and keep all other row objects', () => {
    const before = loaded()
    const after = applyPushes(before, [{ kind: 'slots', rows: [slotRow('ETH-5m', { moveBp: 3 })] }])
    expect(after.slots['ETH-5m']?.moveBp).toBe(3)
    expect(after.slots['BTC-5m']).toBe(before.slots['BTC-5m'])
    expect(after.slotIds).toBe(before.slotIds)
  })

  it('of one frame are merged in order: the last one wins', () => {
    const after = applyPushes(loaded(), [
      { kind: 'status', status: status({ trading: 'paused' }) },
      { kind: 'status', status: status({ trading: 'killed' }) },
    ])
    expect(after.status?.trading).toBe('killed')
  })

  it('put a new deployment first and a known one where it was', () => {
    const added = applyPushes(loaded(), [{ kind: 'deployment', row: deploymentRow('d2', { state: 'proving' }) }])
    expect(added.deployments.map((row) => row.id)).toEqual(['d2', 'd1'])
    const changed = applyPushes(added, [{ kind: 'deployment', row: deploymentRow('d1', { state: 'rolled-back' }) }])
    expect(changed.deployments.map((row) => row.state)).toEqual(['proving', 'rolled-back'])
  })

  it('increment the ledger revision when an owner changes, not when a price does', () => {
    const held = applyPushes(loaded(), [{ kind: 'slots', rows: [slotRow('BTC-5m', { position: slotPosition() })] }])
    const priced = applyPushes(held, [
      { kind: 'slots', rows: [slotRow('BTC-5m', { position: slotPosition(), moveBp: 9 })] },
    ])
    expect(priced.ledgerRevision).toBe(held.ledgerRevision)
    const handedOver = applyPushes(priced, [
      { kind: 'slots', rows: [slotRow('BTC-5m', { position: slotPosition({ owner: 'desk' }) })] },
    ])
    expect(handedOver.ledgerRevision).toBeGreaterThan(priced.ledgerRevision)
  })

  it('limit the number of kept events', () => {
    const rows = Array.from({ length: KEPT_EVENTS + 50 }, (_, seq) => ({
      kind: 'event' as const,
      row: { seq, ts: seq, level: 'info' as const, kind: 'feed' as const, slot: null, message: 'x' },
    }))
    const after = applyPushes(loaded(), rows)
    expect(after.events).toHaveLength(KEPT_EVENTS)
    expect(after.events[0]?.seq).toBe(KEPT_EVENTS + 49)
  })

  it('end the state stale, but not the state lost', () => {
    const push = { kind: 'status' as const, status: status() }
    expect(applyPushes({ ...loaded(), connection: 'stale' }, [push]).connection).toBe('connected')
    expect(applyPushes({ ...loaded(), connection: 'lost' }, [push]).connection).toBe('lost')
  })
})

describe('a snapshot', () => {
  it('replaces all rows and removes those it does not contain', () => {
    const after = applySnapshot(loaded(), snapshot({ slots: [slotRow('SOL-5m')] }))
    expect(after.slotIds).toEqual(['SOL-5m'])
    expect(after.slots['BTC-5m']).toBeUndefined()
  })
})

describe('versions', () => {
  it('are sorted by the strategy that changed last, the live version first', () => {
    const rows = sortVersions([
      versionRow(1, { strategy: 'fade', state: 'live', firstLiveAt: 1 }),
      versionRow(5, { firstLiveAt: 20 }),
      versionRow(4, { state: 'live', firstLiveAt: 30 }),
      versionRow(6, { state: 'faulted', firstLiveAt: 25 }),
    ])
    expect(rows.map((row) => `${row.strategy} ${row.number}`)).toEqual(['snipe 4', 'snipe 6', 'snipe 5', 'fade 1'])
  })
})

describe('steps', () => {
  const compiled = { name: 'compile', state: 'done', ms: 2, note: '3 modules' } as const

  it('ahead are shown while a deployment is running', () => {
    const steps = stepsOf(deploymentRow('d', { state: 'checking', steps: [compiled] }))
    expect(steps.map((step) => step.state)).toEqual(['done', 'ahead', 'ahead', 'ahead', 'ahead', 'ahead', 'ahead'])
  })

  it('that were not reached are not shown after its end', () => {
    const failed = { name: 'check', state: 'failed', ms: 3, note: '1 error' } as const
    const steps = stepsOf(deploymentRow('d', { state: 'failed', steps: [compiled, failed] }))
    expect(steps.map((step) => step.name)).toEqual(['compile', 'check'])
  })

  it('that a rollback skips are not shown', () => {
    const staged = { name: 'stage', state: 'done', ms: 3, note: '' } as const
    const steps = stepsOf(deploymentRow('d', { trigger: 'rollback', state: 'swapping', steps: [staged] }))
    expect(steps.map((step) => step.name)).toEqual(['stage', 'swap', 'probation'])
  })
})
