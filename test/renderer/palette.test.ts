import { describe, expect, it } from 'vitest'
import { toggleFreeze, togglePause, toggleSingleKeys } from '../../src/renderer/data/actions.ts'
import { outageSummary } from '../../src/renderer/data/outages.ts'
import { commandGroups } from '../../src/renderer/features/palette/commands.ts'
import { type Action, matchScore } from '../../src/renderer/features/palette/match.ts'
import type { PaletteState } from '../../src/renderer/features/palette/palette-state.ts'
import { slotId } from '../support/ids.ts'
import { fakeDesk } from './fake-desk.ts'
import { slotRow, snapshot, versionRow } from './rows.ts'

const STATE: PaletteState = {
  trading: 'running',
  deploys: 'open',
  versions: [
    versionRow(3, { state: 'live' }),
    versionRow(2, { isBefore: true }),
    versionRow(1, { kept: false, state: 'candidate' }),
  ],
  deployments: [],
  slotIds: [slotId('BTC-5m'), slotId('ETH-5m')],
  slots: { 'BTC-5m': slotRow('BTC-5m'), 'ETH-5m': slotRow('ETH-5m') },
  paths: ['late.ts', 'snipe.ts'],
  strategies: ['late', 'snipe'],
  active: 'snipe.ts',
  candidate: null,
  singleKeys: true,
}

/** Commands that match a query, in the order of the list. */
function found(query: string, state: PaletteState = STATE): readonly Action[] {
  const actions = commandGroups(fakeDesk().model, state).flatMap((group) => group.actions)
  return actions
    .map((action) => ({ action, score: matchScore(query, action) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .map(({ action }) => action)
}
const names = (query: string) => found(query).map(({ name }) => name)

describe('the palette', () => {
  it('U1: matches beginnings of words, and lists commands that affect money last', () => {
    expect(names('positions')[0]).toBe('Show Positions')
    expect(names('late')[0]).toBe('Open late.ts')
    expect(names('flat')).toEqual(['Kill and flatten positions'])
    for (const inside of ['all', 'zoom', 'caps', 'ositions', 'eeze']) expect(names(inside)).toEqual([])
    expect(names('csv')).toEqual(['Show Attribution'])
    expect(names('help')).toEqual(['About Baton and licences'])
    for (const query of ['', 's', 'p', 'k', 'snipe', 'btc', 'version', 'show', 'positions', 'r']) {
      const risks = found(query).map(({ risk }) => ['view', 'stop', 'money'].indexOf(risk))
      expect(risks, query).toEqual(risks.toSorted())
    }
  })

  it('U1: every command that affects money or live code needs a confirmation', () => {
    for (const trading of ['running', 'paused', 'killed']) {
      for (const deploys of ['open', 'frozen']) {
        const slots = { ...STATE.slots, 'ETH-5m': slotRow('ETH-5m', { status: 'paused' }) }
        const risky = found('', { ...STATE, trading, deploys, slots }).filter(({ risk }) => risk === 'money')
        expect(risky.length).toBeGreaterThan(10)
        for (const { name, confirm } of risky) {
          // A name that ends in … opens a dialog; saving needs no confirmation.
          if (!name.endsWith('…') && !name.startsWith('Save ')) expect(confirm, name).toBeTruthy()
        }
      }
    }
    const kills = found('kill')
    expect(kills.map(({ confirm }) => confirm)).toEqual(['kill and hold positions', 'kill and sell every position'])
  })

  it('U1: recently used commands come first among those of the same risk, never before one of lower risk', () => {
    const kill = { name: 'Kill, hold positions', risk: 'money' } as const
    const show = { name: 'Show Positions', risk: 'view' } as const
    expect(matchScore('positions', kill, [kill.name])).toBeLessThan(matchScore('positions', show, [kill.name]))
    const first = { name: 'Show BTC-5m', risk: 'view' } as const
    const second = { name: 'Show ETH-5m', risk: 'view' } as const
    expect(matchScore('show', second, [second.name])).toBeGreaterThan(matchScore('show', first, [second.name]))
  })

  it('U2, U3: only a version that was once kept can be rolled back to; another is deployed', () => {
    expect(names('roll')).toEqual(['Roll back snipe to the previous version, v2', 'Roll back to snipe v2 · 000002'])
    expect(names('deploy snipe v1')).toEqual(['Deploy snipe v1 · 000001'])
  })

  it('U9: a strategy that has a file but no version yet can be assigned a slot', () => {
    expect(names('assign btc')).toContain('Assign BTC-5m to late')
    expect(names('assign late')).toContain('Assign a slot to late…')
  })
})

describe('single keys', () => {
  it('U13: can be turned off, and stay off after a reload', async () => {
    const memory = new Map<string, string>()
    const first = fakeDesk({}, memory)
    expect(first.model.ui.getState().singleKeys).toBe(true)
    toggleSingleKeys(first.model)
    expect(first.model.ui.getState().singleKeys).toBe(false)
    expect(fakeDesk({}, memory).model.ui.getState().singleKeys).toBe(false)
  })

  it('U13: each command offers its undo only when it was done', async () => {
    const done = { id: 'c', outcome: 'done', message: 'done' }
    for (const [toggle, undo] of [
      [toggleFreeze, { kind: 'unfreeze', reason: 'undone at the desk' }],
      [togglePause, { kind: 'resume' }],
    ] as const) {
      const { model, connect } = fakeDesk({ 'desk.command': () => done, 'desk.snapshot': () => snapshot() })
      await connect('connected')
      toggle(model)
      await new Promise((resolve) => setImmediate(resolve))
      expect(model.ui.getState().toast).toMatchObject({ tone: 'done', undo })
    }
    const { model, connect } = fakeDesk()
    await connect('connected')
    togglePause(model)
    await new Promise((resolve) => setImmediate(resolve))
    expect(model.ui.getState().toast).toMatchObject({ tone: 'refused', undo: undefined })
  })
})

describe('an outage', () => {
  it('U10: is summarised by the number of affected slots and the kind', () => {
    const outage = (kind: 'faulted' | 'no-version' | 'no-prices', ...slots: string[]) => ({
      kind,
      strategy: 'snipe',
      version: null,
      slots: slots.map(slotId),
      reason: '',
      place: null,
    })
    expect(outageSummary([], 16)).toBeNull()
    expect(outageSummary([outage('faulted', 'BTC-5m', 'ETH-5m')], 16)).toBe('2 slots faulted')
    expect(outageSummary([outage('no-version', 'BTC-5m'), outage('faulted', 'ETH-5m')], 16)).toBe(
      '2 slots cannot decide',
    )
    expect(outageSummary([outage('no-prices', 'BTC-5m')], 1)).toBe('No slot decides, 1 slot without prices')
  })
})
