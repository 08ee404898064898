import { expect, test } from 'vitest'
import { killIn, meansKill } from '../../src/shared/domain/commands.ts'

test.each([
  { kind: 'kill', reason: { toString: 1, valueOf: 1 } },
  { kind: 'kill', reason: '', positions: 'hold' },
  { kind: 'kill', positions: 'flaten', why: 1 },
  'kill',
])('I5: %j is a kill', (input) => {
  expect(killIn(input)).toMatchObject({ kind: 'kill', positions: 'hold' })
})

test.each(['kill', ' "KILL"\n', '{"seq":4,"command":{"kind":"kill",}}', "{'command': 'kill'}", 'kind: kill'])(
  'I5: the text %j means a kill',
  (text) => expect(meansKill(text)).toBe(true),
)

test.each(['{"kind":"pause","reason":"do not kill"', 'skill', '{"kind":"killer"}', ''])(
  'the text %j means none',
  (text) => expect(meansKill(text)).toBe(false),
)
