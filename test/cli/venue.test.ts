import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { baton, batonWith, temporaryFolder } from '../support/cli.ts'
import { generatedSim, type VenueSim } from '../support/venue-sim.ts'

const ASSETS = ['BTC', 'ETH', 'SOL', 'XRP', 'DOGE', 'BNB', 'HYPE']
const env = { BATON_SECRETS_PASSPHRASE: 'correct horse battery' }
const folder = temporaryFolder()
let sim: VenueSim

/** Settings of a home whose venues are the simulated ones; `change` replaces hosts. */
function configured(home: string, change: Readonly<Record<string, string>> = {}): string {
  const { polymarket } = sim
  if (polymarket === undefined) throw new Error('no Polymarket')
  const { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, polyboltUrl, siteUrl } = polymarket
  const hosts = { gammaUrl, clobUrl, marketWsUrl, rtdsUrl, polyboltUrl, siteUrl, dataUrl: siteUrl, ...change }
  const path = join(folder.path, home)
  mkdirSync(path)
  writeFileSync(
    join(path, 'config.json'),
    JSON.stringify({ binance: { restUrl: sim.restUrl, wsUrl: sim.wsUrl }, polymarket: hosts }),
  )
  return path
}

beforeAll(async () => {
  sim = await generatedSim({ assets: ASSETS, startAt: Date.now(), polymarket: {} })
})
afterAll(async () => {
  await sim.close()
  folder.remove()
})

const answers = z.object({
  folder: z.string(),
  answers: z.array(z.object({ name: z.string(), verdict: z.string(), found: z.string() })),
})

describe('baton venue probe', () => {
  test('asks every question, and keeps what it received; API credentials are in none of it', async () => {
    const home = configured('sound')
    const credentials = sim.polymarket?.credentials
    if (credentials === undefined) throw new Error('no credentials')
    const input = JSON.stringify(credentials)
    expect((await batonWith({ env, input }, 'secrets', 'set', 'polymarket-api', '--home', home)).code).toBe(0)
    const probe = await batonWith({ env }, 'venue', 'probe', '--home', home, '--listen', '2s', '--json')
    const { answers: found, folder: kept } = answers.parse(JSON.parse(probe.out))
    const verdicts = Object.fromEntries(found.map(({ name, verdict }) => [name, verdict]))
    expect(verdicts).toMatchObject({
      'protocol version of today’s markets': 'confirmed',
      'taker fee': 'confirmed',
      'checksums of books and of changes': 'confirmed',
      'RTDS sends settlement means': 'confirmed',
      'PolyBolt sends settlement means': 'confirmed',
      'trading from this computer’s address': 'confirmed',
      'minimum size of market orders, heartbeat, redemption': 'unanswered',
    })
    const files = readdirSync(kept)
    expect(files.length).toBeGreaterThan(15)
    const all = files.map((name) => readFileSync(join(kept, name), 'utf8')).join('')
    expect(all).toContain('price_change')
    for (const secret of [credentials.apiKey, credentials.secret, credentials.passphrase]) {
      expect(all).not.toContain(secret)
      expect(probe.out + probe.err).not.toContain(secret)
    }
  })

  test('says of each host that cannot be reached which it is, and how it failed', async () => {
    const home = configured('down', { gammaUrl: 'http://127.0.0.1:1', rtdsUrl: 'ws://127.0.0.1:1' })
    const probe = await baton('venue', 'probe', '--home', home, '--listen', '1s', '--json')
    const { answers: found } = answers.parse(JSON.parse(probe.out))
    const of = (name: string) => found.find((answer) => answer.name === name)
    for (const name of ['taker fee', 'RTDS sends settlement means'])
      expect(of(name)).toMatchObject({ verdict: 'unanswered', found: expect.stringContaining('127.0.0.1:1') })
    expect(of('order structure that the CLOB wants')).toMatchObject({ verdict: 'confirmed' })
  })
})

describe('baton doctor --network', () => {
  const checks = z.array(z.object({ name: z.string(), state: z.string(), found: z.string() }))

  test('connects to every host, and names the one that fails; one settlement source is enough', async () => {
    const down = { clobUrl: 'http://127.0.0.1:1', rtdsUrl: 'ws://127.0.0.1:1' }
    const { out } = await baton('doctor', '--network', '--json', '--home', configured('doctor', down))
    const states = Object.fromEntries(checks.parse(JSON.parse(out)).map(({ name, state }) => [name, state]))
    expect(states).toMatchObject({
      'Binance REST': 'ok',
      'Binance stream': 'ok',
      Gamma: 'ok',
      CLOB: 'fail',
      'CLOB stream': 'ok',
      RTDS: 'warn',
      PolyBolt: 'ok',
      'polymarket.com': 'ok',
    })
  })
})

describe('baton secrets', () => {
  test('lists names only, and names what is missing to open them', async () => {
    const home = join(folder.path, 'secrets')
    mkdirSync(home)
    const set = (input: string, given: Readonly<Record<string, string>> = env) =>
      batonWith({ env: given, input }, 'secrets', 'set', 'polymarket-api', '--home', home)
    const whole = { apiKey: 'key-1', secret: 'c2VjcmV0', passphrase: 'pass-1' }
    expect(await set(JSON.stringify({ apiKey: 'key-1' }))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/secret, passphrase/),
    })
    expect(await set(JSON.stringify(whole), {})).toMatchObject({
      code: 2,
      err: expect.stringMatching(/BATON_SECRETS_PASSPHRASE/),
    })
    expect(await set(JSON.stringify(whole))).toMatchObject({ code: 0 })
    const listed = await batonWith({ env }, 'secrets', 'list', '--json', '--home', home)
    expect(JSON.parse(listed.out)).toEqual(['polymarket-api'])
    const wrong = await batonWith(
      { env: { BATON_SECRETS_PASSPHRASE: 'another passphrase' } },
      'secrets',
      'list',
      '--home',
      home,
    )
    expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/does not fit/) })
    expect((await batonWith({ env }, 'secrets', 'remove', 'polymarket-api', '--home', home)).code).toBe(0)
  })
})
