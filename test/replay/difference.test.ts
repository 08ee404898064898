import { expect, test } from 'vitest'
import { type Difference, differenceText } from '../../src/main/replay/difference.ts'
import { asset, makeSlot } from '../../src/shared/domain/slots.ts'
import { START } from '../support/bench-engine.ts'

const { id: slot } = makeSlot(asset('BTC'), '5m')
const at = { ts: START }
const decision = { code: 'other-decision', slot, recorded: '{"n":1}' } as const
const fault = { code: 'other-fault', slot, recorded: 'planted' } as const
const state = { code: 'other-engine', path: '.cycle' } as const
const SEAM = 'the engine at its end is not the one that the next segment begins with:'

test.each<[string, Difference]>([
  [
    'alpha v1 does not load: no default export',
    { ts: null, code: 'not-loaded', label: 'alpha v1', why: 'no default export' },
  ],
  [
    '2026-01-05T00:00:00.000Z the engine refused it: unknown slot',
    { ...at, code: 'engine-failed', why: 'unknown slot' },
  ],
  ['2026-01-05T00:00:00.000Z views were sent that the engine does not send', { ...at, code: 'views-not-sent' }],
  ['2026-01-05T00:00:00.000Z BTC-5m saw another view', { ...at, code: 'other-view', slot }],
  [
    '2026-01-05T00:00:00.000Z BTC-5m saw a view that the tape does not name',
    { ...at, code: 'view-not-recorded', slot },
  ],
  ['2026-01-05T00:00:00.000Z it answers what the engine did not ask', { ...at, code: 'answer-not-asked' }],
  [
    '2026-01-05T00:00:00.000Z BTC-5m decided {"n":1}, and now {"n":2}',
    { ...at, ...decision, repeated: '{"n":2}', fault: null },
  ],
  [
    '2026-01-05T00:00:00.000Z BTC-5m decided {"n":1}, and now a fault: planted',
    { ...at, ...decision, repeated: null, fault: 'planted' },
  ],
  [
    '2026-01-05T00:00:00.000Z BTC-5m decided {"n":1}, and now a fault: it was not asked',
    { ...at, ...decision, repeated: null, fault: null },
  ],
  ['2026-01-05T00:00:00.000Z it decides twice for one slot', { ...at, code: 'decided-twice' }],
  ['2026-01-05T00:00:00.000Z BTC-5m decides now, and did not', { ...at, code: 'decision-not-recorded', slot }],
  ['2026-01-05T00:00:00.000Z BTC-5m threw "planted", and now "other"', { ...at, ...fault, repeated: 'other' }],
  ['2026-01-05T00:00:00.000Z BTC-5m threw "planted", and now does not', { ...at, ...fault, repeated: null }],
  [
    '2026-01-05T00:00:00.000Z the tape does not tell the views that it sent',
    { ...at, code: 'not-recorded', what: 'views' },
  ],
  [
    '2026-01-05T00:00:00.000Z the tape does not tell the answer to what it asked',
    { ...at, code: 'not-recorded', what: 'answer' },
  ],
  [
    '2026-01-05T00:00:00.000Z the tape does not tell that BTC-5m threw "planted"',
    { ...at, code: 'not-recorded', what: 'fault', slot, message: 'planted' },
  ],
  [`${SEAM} .cycle is 1, not 2`, { ...state, part: 'value', first: '1', second: '2' }],
  [`${SEAM} .cycle has 1 parts, not 2`, { ...state, part: 'count', first: '1', second: '2' }],
  [`${SEAM} .cycle has a where there is b`, { ...state, part: 'name', first: 'a', second: 'b' }],
  ['s1.tape: there is no such file', { code: 'next-unreadable', why: 's1.tape: there is no such file' }],
])('%s', (text, difference) => {
  expect(differenceText(difference)).toBe(text)
})
