import { describe, expect, test } from 'vitest'
import { InvariantError } from '../../src/shared/domain/base.ts'
import { allows, isFinal, LIFECYCLES, type Machine, step } from '../../src/shared/domain/lifecycles.ts'

const machines = Object.keys(LIFECYCLES) as Machine[]
const table = (machine: Machine): Record<string, Record<string, string>> => LIFECYCLES[machine]

describe.each(machines)('the life of %s', (machine) => {
  const states = Object.keys(table(machine))
  const triggers = [...new Set(states.flatMap((state) => Object.keys(table(machine)[state] ?? {})))]

  test('every pair either leads to a state of the table or is a broken invariant that names both', () => {
    for (const state of states) {
      for (const trigger of triggers) {
        const go = () => step(machine, state as never, trigger as never)
        if (allows(machine, state as never, trigger as never)) expect(states).toContain(go())
        else expect(go).toThrow(new InvariantError(`${machine}: "${trigger}" is not possible in state "${state}"`))
      }
    }
  })

  test('every state can be reached from the first', () => {
    const reached = new Set([states[0]])
    for (const state of reached) for (const next of Object.values(table(machine)[state ?? ''] ?? {})) reached.add(next)
    expect([...reached].toSorted()).toEqual(states.toSorted())
  })
})

test('final states are those without transitions', () => {
  expect(isFinal('order', 'filled')).toBe(true)
  expect(isFinal('order', 'unknown')).toBe(false)
  expect(isFinal('position', 'redeemed')).toBe(true)
})

test('an order of unknown fate is never sent again: no trigger leads back to a state before it was sent', () => {
  for (const after of Object.values(LIFECYCLES.order.unknown)) expect(['intent', 'signed', 'sent']).not.toContain(after)
})
