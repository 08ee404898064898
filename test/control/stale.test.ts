import { utimesSync, writeFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { readStatus } from '../../src/main/control/status-file.ts'
import { COMMAND_KINDS } from '../../src/shared/domain/commands.ts'
import { TestHome, until } from '../support/desk.ts'

const homes: TestHome[] = []
afterEach(() => Promise.all(homes.splice(0).map((home) => home.remove())))

/** A command of each kind that its schema takes. */
const COMMANDS: Readonly<Record<string, object>> = {
  reload: { strategy: 'snipe' },
  promote: { strategy: 'snipe' },
  rollback: { strategy: 'snipe' },
  freeze: { reason: 'old' },
  unfreeze: { reason: 'old' },
  pause: { reason: 'old' },
  resume: {},
  kill: {},
  dismiss: { strategy: 'snipe' },
  close: { position: 'P-1' },
  void: { position: 'P-1', reason: 'old' },
  assign: { slot: 'BTC-5m', strategy: 'fade' },
  caps: { reason: 'old', stakePerOrderUsd: 100 },
  rearm: { confirm: 'REARM', reason: 'old' },
}

test('every kind of command is tried', () => {
  expect(Object.keys(COMMANDS).toSorted()).toEqual([...COMMAND_KINDS].toSorted())
})

test.each(Object.keys(COMMANDS))('A7: "%s" written before the desk started', async (kind) => {
  const home = new TestHome({ slots: ['BTC-5m'] })
  homes.push(home)
  writeFileSync(home.home.control, JSON.stringify({ seq: 1, command: { kind, ...COMMANDS[kind] } }))
  utimesSync(home.home.control, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
  const { desk } = await home.station()
  await until('the answer', () => readStatus(home.home.status)?.control.seq === 1)
  const { outcome, code } = readStatus(home.home.status)?.control ?? {}
  if (kind === 'pause' || kind === 'freeze' || kind === 'kill') expect(outcome).toBe('done')
  else expect([outcome, code]).toEqual(['refused', 'stale'])
  expect(desk.engine.state.caps.stakePerOrder).toBe(10_000_000)
})
