import { expect, test } from 'vitest'
import { endText } from '../../src/main/deploy/end-text.ts'
import type { DeploymentEnd } from '../../src/shared/domain/deployments.ts'
import { deploymentRow } from '../renderer/rows.ts'
import { deploymentId } from '../support/ids.ts'

const ref = (number: number) => ({
  hash: `${number}`.padStart(64, '0') as never,
  strategy: 'snipe',
  label: `snipe v${number}`,
  number,
})
const row = deploymentRow(deploymentId('D-1'), { strategy: 'snipe', version: ref(2), from: ref(1) })
const why = 'it lost'

test.each<[string, DeploymentEnd]>([
  ['there is no snipe.ts in the strategies folder; what is live keeps trading', { code: 'no-source' }],
  [
    'snipe v2 was made for another version of the strategy API: save its source again; snipe v1 keeps trading',
    { code: 'other-api', label: 'snipe v2' },
  ],
  ['snipe does not compile; snipe v1 keeps trading', { code: 'compile' }],
  ['snipe failed its check; snipe v1 keeps trading', { code: 'check' }],
  ['snipe failed its dry run; snipe v1 keeps trading', { code: 'dry-run' }],
  ['snipe could not take over the state; snipe v1 keeps trading', { code: 'migration' }],
  ['snipe v2 does not load: it lost', { code: 'not-loaded', label: 'snipe v2', why }],
  ['snipe v2 failed its proof: it lost; snipe v1 keeps trading', { code: 'proof', broken: ['faults'], why }],
  ['deployments are frozen: it lost; unfreeze, or reload with an override', { code: 'frozen', why }],
  [
    'it lost; unfreeze, or reload with an override; what is live keeps trading',
    { code: 'policy', rule: 'freeze', waitedMinutes: null, why },
  ],
  [
    'waited 60 min in vain: it lost; what is live keeps trading',
    { code: 'policy', rule: 'cooldown', waitedMinutes: 60, why },
  ],
  [
    'no quiet moment for the swap in 5 cycles: it lost; what was live keeps trading',
    { code: 'no-swap', tries: 5, refusal: 'cycle-running', why },
  ],
  ['its shadow was dropped: it lost; what is live keeps trading', { code: 'shadow', why }],
  ['unexpected: it lost', { code: 'unexpected', why }],
  ['the code is that of snipe v1, which is live already', { code: 'live-already', label: 'snipe v1' }],
  [
    'the code is that of snipe v3, which is a canary already: promote it, or dismiss it',
    { code: 'canary-already', label: 'snipe v3' },
  ],
  ['a newer save took its place', { code: 'newer-save' }],
  ['it was no canary any more when the desk started', { code: 'canary-over' }],
  ['dismissed: it lost', { code: 'dismissed', why }],
  ['the desk stopped before it was live', { code: 'stopped', why: 'the desk stopped before it was live' }],
  ['snipe v3 took its place before its probation ended', { code: 'replaced', by: 'snipe v3' }],
  [
    'the canary snipe v2 was taken back, snipe v1 has its slots again: it lost',
    { code: 'canary-ended', breach: ['fault'], why },
  ],
  ['snipe v2 was rolled back to snipe v1: it lost', { code: 'rolled-back', to: 'snipe v1', breach: ['drawdown'], why }],
  [
    'snipe v2 failed its probation: it lost; it could not be rolled back (no earlier one), so its entries are paused',
    { code: 'not-rolled-back', breach: ['drawdown'], why, problem: 'no earlier one' },
  ],
])('%s', (text, end) => {
  expect(endText(end, row)).toBe(text)
})

test('the first version of a strategy leaves nothing live', () => {
  expect(endText({ code: 'compile' }, { ...row, version: null, from: null })).toBe(
    'snipe does not compile; nothing of it is live',
  )
})
