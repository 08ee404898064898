import { expect, test } from 'vitest'
import { choosePaperSlots } from '../../src/main/market/slot-choice.ts'
import { parseConfig } from '../../src/shared/config.ts'
import { marketLabel } from '../../src/shared/domain/market.ts'
import { parseSlot } from '../../src/shared/domain/slots.ts'
import { ScriptedMarket } from '../support/scripted-market.ts'
import { value } from '../support/tape.ts'

const slotsOf = (...names: string[]) => names.flatMap((name) => parseSlot(name) ?? [])
const data = new ScriptedMarket(slotsOf('BTC-5m', 'BTC-15m', 'HYPE-5m', 'DOGE-15m'))

function chosen(slots: string | undefined, configured: object = {}) {
  const { slots: found, unlisted } = value(choosePaperSlots({ slots, config: value(parseConfig(configured)) }, data))
  return { slots: found.map(({ id }) => id), unlisted: [...unlisted] }
}

test('default slots on paper are those that the venue lists', () => {
  expect(chosen(undefined)).toEqual({ slots: ['BTC-5m', 'HYPE-5m', 'BTC-15m', 'DOGE-15m'], unlisted: [] })
  expect(chosen('BTC')).toEqual({ slots: ['BTC-5m', 'BTC-15m'], unlisted: [] })
})

test('slots that were requested and are not listed are named', () => {
  expect(chosen('BTC-5m,AVAX-5m,DOGE-5m')).toEqual({
    slots: ['BTC-5m', 'AVAX-5m', 'DOGE-5m'],
    unlisted: ['AVAX-5m', 'DOGE-5m'],
  })
  expect(chosen(undefined, { slots: ['HYPE-5m', 'LINK-5m'] })).toEqual({
    slots: ['HYPE-5m', 'LINK-5m'],
    unlisted: ['LINK-5m'],
  })
  expect(choosePaperSlots({ slots: 'ETH-5m', config: value(parseConfig({})) }, data)).toMatchObject({ ok: false })
})

test('a market names its feed where its books are simulated around real prices', () => {
  expect(marketLabel({ market: 'simulated', feed: 'simulated' })).toBe('simulated')
  expect(marketLabel({ market: 'simulated', feed: 'binance' })).toBe('simulated · binance')
  expect(marketLabel({ market: 'paper', feed: 'binance' })).toBe('paper')
})
