import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { readStatus } from '../../src/main/control/status-file.ts'
import { listVersions } from '../../src/main/db/queries.ts'
import { readTrades } from '../../src/main/db/trades.ts'
import { HOUR, MINUTE, unixMs } from '../../src/shared/domain/time.ts'
import { randomCandles, TAPE_DAY, writeCandles } from '../support/candle-tape.ts'
import { eager, TestHome } from '../support/desk.ts'
import { value } from '../support/tape.ts'

const homes: TestHome[] = []
afterEach(() => Promise.all(homes.splice(0).map((home) => home.remove())))

/** Two hours of a tape that lacks the minutes around 01:00, traded to the end. */
async function afterTheHole() {
  const home = new TestHome({ slots: ['BTC-5m'], assign: { '*-5m': 'snipe' } })
  homes.push(home)
  home.write('snipe.ts', eager('snipe'))
  const folder = join(home.folder, 'candles')
  mkdirSync(folder)
  const rows = randomCandles('BTC', 1, 21).filter(
    ([ts]) => ts < TAPE_DAY + 58 * MINUTE || ts >= TAPE_DAY + HOUR + 2 * MINUTE,
  )
  writeCandles(folder, { BTC: rows })
  const station = await home.station({
    feed: 'tape',
    tapes: [folder],
    speed: null,
    from: unixMs(TAPE_DAY),
    forMs: 2 * HOUR,
  })
  await station.desk.life.done
  const stuck = [...station.desk.engine.state.positions.values()].filter(({ state }) => state === 'ended')
  const [position] = stuck.filter(({ windowEnd }) => windowEnd === TAPE_DAY + HOUR)
  if (position === undefined) throw new Error('nothing was open at the hole')
  return { home, station, desk: station.desk, position }
}

describe('A1: a position whose window can never be settled', () => {
  test('is named everywhere, gives its cap back, and trading goes on', async () => {
    const { home, station, desk, position } = await afterTheHole()
    const events = desk.journal.db.prepare("SELECT level, message FROM events WHERE kind = 'unsettleable'").all()
    expect(events).toEqual([{ level: 'error', message: expect.stringContaining(`${position.id} (`) }])
    expect(desk.hub.status().alerts.join()).toContain(`${position.id} in BTC-5m has no outcome`)
    await station.stop()
    expect(readStatus(home.home.status)?.slots[0]?.positions).toContainEqual(
      expect.objectContaining({ id: position.id, state: 'ended', unsettleable: true }),
    )
    expect(desk.hub.status().atStake).toBe(
      [...desk.engine.state.positions.values()]
        .filter(({ id, state }) => id !== position.id && state !== 'resolved')
        .reduce((sum, { cost }) => sum + cost, 0),
    )
  })

  test('can be voided by hand: journaled, audited, in no figure, and once only', async () => {
    const { home, station, desk, position } = await afterTheHole()
    const { ledger } = desk.engine.state
    const before = { profit: ledger.profit, cash: ledger.cash, open: ledger.costOfOpen, trades: tradesOf(desk) }
    const command = { kind: 'void', position: position.id, reason: 'the exchange was down' }
    expect(await desk.dispatcher.dispatch({ ...command, reason: '' }, 'cli')).toMatchObject({ outcome: 'refused' })
    const { cost } = position
    expect(await desk.dispatcher.dispatch(command, 'cli')).toMatchObject({ outcome: 'done' })
    expect(ledger).toMatchObject({
      profit: before.profit,
      cash: before.cash,
      costOfOpen: before.open - cost,
      voided: cost,
    })
    expect(await desk.dispatcher.dispatch(command, 'cli')).toMatchObject({
      outcome: 'refused',
      code: 'unknown',
    })
    await desk.journal.flush()
    expect(desk.journal.db.prepare('SELECT state FROM positions WHERE id = ?').pluck().get(position.id)).toBe('voided')
    expect(tradesOf(desk)).toEqual(before.trades)
    expect(listVersions(desk.journal.db).map(({ trades }) => trades)).toEqual([before.trades.length])
    expect(desk.hub.status().alerts.join()).not.toContain(position.id)
    await station.stop()
    expect(value(auditDatabase(home.home.database, [70_000])).findings).toEqual([])
  })

  test('is not voided while its outcome may still come, nor while it is open', async () => {
    const { desk } = await afterTheHole()
    const late = [...desk.engine.state.positions.values()].find(
      ({ windowEnd }) => windowEnd > TAPE_DAY + HOUR + 50 * MINUTE,
    )
    if (late === undefined) throw new Error('nothing is open at the end of the run')
    expect(await desk.dispatcher.dispatch({ kind: 'void', position: late.id, reason: 'test' }, 'cli')).toMatchObject({
      outcome: 'refused',
      code: 'not-yet',
    })
  })
})

const tradesOf = (desk: Awaited<ReturnType<typeof afterTheHole>>['desk']) =>
  [...readTrades(desk.journal.db)].map(({ trade }) => [trade.position, trade.pnl])
