import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { baton, temporaryFolder } from '../support/cli.ts'
import { writeTape } from '../support/tape.ts'

const FEED = [
  'feed_ts_ms,value,full_accuracy_value,server_ts_ms,recv_ms',
  '1780876800000,63000.5,63000500000000000000000,1780876800500,1780876800900',
  '1780877100000,63000.5,63000500000000000000000,1780877100500,1780877100900',
  'x',
]
const MARKET = {
  slug: 'btc-updown-5m-1780876800',
  start_sec: 1_780_876_800,
  end_sec: 1_780_877_100,
  resolved: true,
  outcome_prices: ['1', '0'],
  strike_value: '63000500000000000000000',
}

let folder = temporaryFolder()
let own = ''
beforeEach(() => {
  folder = temporaryFolder()
  mkdirSync(join(folder.path, 'simulated', 'tape'), { recursive: true })
  own = join(folder.path, 'simulated', 'tape', 's1-0.tape')
  writeTape(own, 3)
})
afterEach(() => folder.remove())

const tape = (...args: readonly string[]) => baton('tape', ...args)
const home = () => ['--home', folder.path]
function put(name: string, text: string): string {
  const path = join(folder.path, name)
  writeFileSync(path, text)
  return path
}
/** Flips one bit in the middle of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = (bytes[at] ?? 0) ^ 4
  writeFileSync(path, bytes)
}

describe('baton tape', () => {
  test('import puts a tape into the home, ls and info find it', async () => {
    const prices = put('BTCUSD-prices.csv', FEED.join('\n'))
    const made = await tape('import', prices, ...home(), '--json')
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(made.out)).toMatchObject({
      path: join(folder.path, 'simulated/tape/imported/BTCUSD-prices.tape'),
      records: 2,
      sources: [{ rows: 3, kept: 2, leftOut: { malformed: 1 } }],
    })
    const listed = JSON.parse((await tape('ls', ...home(), '--json')).out)
    expect(listed.recordings.map((one: { name: string }) => one.name)).toEqual(['s1', 'BTCUSD-prices'])
    const told = await tape('info', 'BTCUSD-prices', ...home())
    expect(told.out).toContain('2 of 3 rows kept; left out: 1 malformed')
    expect(told.out).toContain('line 4: malformed: not five numbers')
    const again = await tape('import', prices, ...home())
    expect(again).toMatchObject({ code: 2, out: '' })
    expect(again.err).toMatch(/^baton: .* is there already: remove it, or name another with --out\n$/)
  })

  test('verify and repair: damage gives exit code 1 and is named, what is sound is saved', async () => {
    expect((await tape('verify', ...home())).code).toBe(0)
    damage(own)
    const found = await tape('verify', own, '--json')
    expect(found.code).toBe(1)
    expect(JSON.parse(found.out)).toMatchObject({ sound: false, files: [{ path: own, sound: false }] })
    expect((await tape('verify', ...home())).out).toMatch(/DAMAGED.*\n.*block \d at byte \d+/)
    const out = join(folder.path, 'saved.tape')
    const repaired = await tape('repair', own, '--out', out)
    expect(repaired.code).toBe(0)
    expect(repaired.out).toContain('  lost: ')
    expect((await tape('verify', out)).code).toBe(0)
    expect((await tape('repair', own, '--out', out)).code).toBe(2)
  })

  test('verify tells a tape that was cut, and a session that lacks a segment', async () => {
    const cut = put('cut.tape', '')
    writeFileSync(cut, readFileSync(own).subarray(0, -5))
    const found = await tape('verify', cut)
    expect(found.code).toBe(1)
    expect(found.out).toContain('ends in an incomplete block')
    writeTape(join(folder.path, 'simulated', 'tape', 's1-2.tape'), 1, { segment: 2 }, 112)
    const lacking = await tape('verify', ...home())
    expect(lacking.code).toBe(1)
    expect(lacking.out).toContain('MISSING  s1: segment 1 is missing')
  })

  test('export: JSON Lines of all, CSV of one kind, a stretch of time', async () => {
    const all = (await tape('export', 's1', '--format', 'jsonl', ...home())).out.trim().split('\n')
    expect(all).toHaveLength(12)
    expect(all.slice(0, 2).map((line) => JSON.parse(line))).toEqual([
      {
        time: '2026-06-08T00:00:00.000Z',
        seq: 100,
        kind: 'price',
        asset: 'BTC',
        price: 65_000,
        volume: 0.25,
        venueTime: '2026-06-07T23:59:59.500Z',
      },
      {
        time: '2026-06-08T00:00:00.001Z',
        seq: 101,
        kind: 'book',
        slot: 'BTC-5m',
        window: 'btc-updown-5m-1780876800',
        tick: 0.01,
        bids: [[0.52, 0.01]],
        asks: [],
      },
    ])
    const out = join(folder.path, 'books.csv')
    const csv = ['export', own, '--format', 'csv', '--kind', 'book', '--from', '2026-06-08T00:00:10Z', '--out', out]
    const period = 'Period: 2026-06-08T00:00:10.000Z to the end\n'
    expect(await tape(...csv)).toEqual({ code: 0, out: '', err: period })
    expect(readFileSync(out, 'utf8').split('\n').slice(0, 3)).toEqual([
      'time,seq,slot,window,tick,side,level,price,shares',
      '2026-06-08T00:00:10.001Z,105,BTC-5m,btc-updown-5m-1780876800,0.01,bid,0,0.52,0.02',
      '2026-06-08T00:00:10.001Z,105,BTC-5m,btc-updown-5m-1780876800,0.01,ask,,,',
    ])
    const events = await tape('export', own, '--format', 'csv', '--kind', 'event', '--to', '2026-06-08T00:00:05Z')
    expect(events.out).toBe(
      'time,seq,event\n2026-06-08T00:00:00.002Z,102,"{""kind"":""redeemed"",""ts"":1780876800002,""windowId"":""w0""}"\n',
    )
  })

  test('settle prints one line of JSON', async () => {
    const markets = put('markets.jsonl', JSON.stringify(MARKET))
    const prices = put('BTCUSD-prices.csv', FEED.join('\n'))
    const settled = await tape('settle', '--markets', markets, '--prices', prices, '--json')
    expect(settled.code).toBe(0)
    expect(settled.out.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(settled.out)).toMatchObject({ windows: 1, decidable: 1, agree: 1, disagree: [], ties: 1 })
  })

  test.each([
    ['a tape that is none', ['info', 'nothing'], 'there is no tape "nothing"; there are: s1'],
    ['CSV of all kinds', ['export', 's1', '--format', 'csv'], 'add --kind'],
    ['a kind that is none', ['export', 's1', '--format', 'csv', '--kind', 'x'], 'expected one of price'],
    ['a side that is none', ['import', 'x', '--side', 'left'], 'expected up or down'],
    ['a file that is not there', ['import', '/nowhere.csv'], '/nowhere.csv does not exist'],
    ['markets that are not there', ['settle', '--markets', '/no.jsonl', '--prices', '/no.csv'], '/no.jsonl cannot be'],
  ])('%s: one line, exit code 2', async (_, args, message) => {
    const refused = await tape(...args, ...home())
    expect(refused).toMatchObject({ code: 2, out: '' })
    expect(refused.err).toContain(message)
    expect(refused.err.trim().split('\n')).toHaveLength(1)
  })
})
