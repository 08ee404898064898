import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Station } from '../../src/main/app/station.ts'
import { readStatus, statusSchema } from '../../src/main/control/status-file.ts'
import { freePort, TestHome, until } from '../support/desk.ts'
import { scaled } from '../support/patience.ts'

const home = new TestHome()
let station: Station
let base: string
let remote: string

beforeAll(async () => {
  station = await home.station({ port: await freePort() })
  base = `http://127.0.0.1:${station.api?.port}`
  remote = readFileSync(home.home.tokenFile, 'utf8').trim()
})
afterAll(() => home.remove())

function get(path: string, headers: Record<string, string> = { authorization: `Bearer ${remote}` }) {
  return fetch(base + path, { headers, redirect: 'manual' })
}

function post(command: string, body: object, token = remote) {
  return fetch(`${base}/api/control/${command}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

const trading = () => station.desk.engine.state.trading

describe('HTTP', () => {
  test('no token, a wrong token, another host, another origin: refused with what to do', async () => {
    const none = await get('/api/status', {})
    expect([none.status, await none.json()]).toEqual([401, { error: expect.stringContaining('a token is needed') }])
    const wrong = await get('/api/status', { authorization: 'Bearer nonsense' })
    expect([wrong.status, await wrong.json()]).toEqual([401, { error: expect.stringContaining('the token is wrong') }])
    const origin = await get('/api/status', { authorization: `Bearer ${remote}`, origin: 'http://evil.example' })
    expect([origin.status, await origin.json()]).toEqual([
      403,
      { error: expect.stringContaining('http://evil.example') },
    ])
    const port = station.api?.port ?? 0
    const { request } = await import('node:http')
    const status = await new Promise((resolve) => {
      request(
        {
          host: '127.0.0.1',
          port,
          path: '/api/status',
          headers: { host: 'desk.evil.example', authorization: `Bearer ${remote}` },
        },
        (reply) => resolve(reply.statusCode),
      ).end()
    })
    expect(status).toBe(403)
  })

  test('P2: signing in begins a loop under a name of this port, of which only a hash is stored, until it is revoked', async () => {
    const signedIn = await get(`/?token=${station.windowToken}`, {})
    expect(signedIn.status).toBe(302)
    const said = signedIn.headers.get('set-cookie') ?? ''
    expect(said).toMatch(
      new RegExp(`^baton_session_${station.api?.port}=[\\w-]{40,}; HttpOnly; SameSite=Strict; Path=/; `),
    )
    const cookie = said.split(';')[0] ?? ''
    const value = cookie.split('=')[1] ?? ''
    expect((await get('/api/status', { cookie })).status).toBe(200)
    // The cookie of a desk on another port is none of this one's.
    expect((await get('/api/status', { cookie: cookie.replace('=', '0=') })).status).toBe(401)
    await station.desk.journal.flush()
    const stored = JSON.stringify(station.desk.journal.db.prepare('SELECT * FROM browser_sessions').all())
    for (const secret of [value, station.windowToken]) expect(stored).not.toContain(secret)

    const second = (await get(`/?token=${station.windowToken}`, {})).headers.get('set-cookie')?.split(';')[0] ?? ''
    const out = (headers: Record<string, string>, body: object) =>
      fetch(`http://127.0.0.1:${station.api?.port}/api/sign-out`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect(await (await out({ cookie }, {})).json()).toEqual({ signedOut: 1 })
    expect((await get('/api/status', { cookie })).status).toBe(401)
    expect((await get('/api/status', { cookie: second })).status).toBe(200)
    const bearer = { authorization: `Bearer ${remote}` }
    expect((await out(bearer, { all: true })).status).toBe(403)
    expect((await out(bearer, {})).status).toBe(400)
    expect((await out({ cookie: second }, { all: true })).status).toBe(200)
    expect((await get('/api/status', { cookie: second })).status).toBe(401)
  })

  test('S1: the usual headers are on every answer, also on refusals', async () => {
    const answers = [
      await get('/api/status'),
      await get('/api/status', {}),
      await get('/'),
      await get('/nothing-here'),
      await get('/api/status', { authorization: 'Bearer wrong' }),
    ]
    for (const { headers } of answers) {
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('x-powered-by')).toBeNull()
    }
    const events = new AbortController()
    const stream = await fetch(`http://127.0.0.1:${station.api?.port}/api/events`, {
      headers: { authorization: `Bearer ${remote}` },
      signal: events.signal,
    })
    expect(stream.headers.get('x-content-type-options')).toBe('nosniff')
    events.abort()
  })

  test.each(['/api/status', '/api/versions', '/api/deployments', '/api/trades', '/api/tape', '/healthz'])(
    'GET %s answers',
    async (path) => {
      expect((await get(path)).status).toBe(200)
    },
  )

  test('a command that does not exist names those that do', async () => {
    const reply = await post('explode', {})
    expect([reply.status, await reply.json()]).toEqual([
      404,
      { error: expect.stringMatching(/no such command: explode; there are reload, promote, rollback/) },
    ])
  })

  test('a body with an unknown key or a missing reason is refused by name', async () => {
    const reply = await post('pause', { because: 'x' })
    const text = await reply.text()
    expect(reply.status).toBe(409)
    expect(text).toContain('reason:')
    expect(text).toContain('because')
  })

  test('the two tokens: the file’s pauses, freezes and kills; only the window’s reloads and re-arms', async () => {
    expect((await post('pause', { reason: 'test' })).status).toBe(200)
    expect(trading()).toBe('paused')
    expect((await post('resume', {})).status).toBe(403)
    expect((await post('resume', {}, station.windowToken)).status).toBe(200)
    expect((await post('reload', {})).status).toBe(403)
    expect((await post('rearm', { confirm: 'REARM', reason: 'x' })).status).toBe(403)
  })

  test.each<[string, RequestInit]>([
    ['content-type json and no body', { headers: { 'content-type': 'application/json' } }],
    ['no content-type', {}],
    ['a body that is no JSON', { headers: { 'content-type': 'application/json' }, body: '{kill' }],
    ['a body that is no object', { headers: { 'content-type': 'application/json' }, body: '"now"' }],
    ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'reason=now' }],
    [
      'fields that are none of its own',
      { headers: { 'content-type': 'application/json' }, body: '{"reason":7,"why":"x"}' },
    ],
    ['a content-type that is none', { headers: { 'content-type': 'nonsense' }, body: '{}' }],
    ['a body over the limit', { headers: { 'content-type': 'application/json' }, body: `"${'x'.repeat(3_000_000)}"` }],
    ['a byte-order mark', { headers: { 'content-type': 'application/json' }, body: '\ufeff{"reason":"mark"}' }],
  ])('B9, I5: a kill by HTTP never fails on form: %s', async (_, init) => {
    const headers = { ...init.headers, authorization: `Bearer ${remote}` }
    const reply = await fetch(`${base}/api/control/kill`, { ...init, method: 'POST', headers })
    expect([reply.status, await reply.json()]).toEqual([200, expect.objectContaining({ outcome: 'done' })])
    expect(station.desk.gate.isShut).toBe(true)
    const rearm = { kind: 'rearm', confirm: 'REARM', reason: 'test' }
    expect(await station.desk.dispatcher.dispatch(rearm, 'desk')).toMatchObject({ outcome: 'done' })
  })

  test('B9: any other command wants a JSON object, and says so', async () => {
    const headers = { authorization: `Bearer ${remote}`, 'content-type': 'application/json' }
    const reply = await fetch(`${base}/api/control/pause`, { method: 'POST', headers, body: '{pause' })
    expect([reply.status, await reply.json()]).toEqual([
      400,
      { error: expect.stringContaining('the body must be JSON') },
    ])
    const empty = await fetch(`${base}/api/control/pause`, { method: 'POST', headers })
    expect([empty.status, await empty.text()]).toEqual([409, expect.stringContaining('reason')])
  })

  test('events stream', async () => {
    const controller = new AbortController()
    const reply = await fetch(`${base}/api/events`, {
      headers: { authorization: `Bearer ${remote}` },
      signal: controller.signal,
    })
    let text = ''
    const reader = reply.body?.getReader()
    while (reader !== undefined && !text.includes('event: slots'))
      text += new TextDecoder().decode((await reader.read()).value)
    expect(text).toContain('event: status')
    controller.abort()
  })
})

describe('files', () => {
  test('status.json is whole and says what the design asks for', async () => {
    await until('a status file', () => readStatus(home.home.status) !== undefined)
    const status = statusSchema.parse(JSON.parse(readFileSync(home.home.status, 'utf8')))
    expect(status).toMatchObject({
      schema: 2,
      up: true,
      pid: process.pid,
      market: 'simulated',
      trading: 'running',
      deploys: 'open',
    })
    expect(status.slots).toHaveLength(16)
    expect(Object.keys(status.versions).toSorted()).toEqual(['fade', 'snipe'])
    expect(statSync(home.home.tokenFile).mode & 0o777).toBe(0o600)
  })

  const control = (seq: number, command: object | string) =>
    writeFileSync(
      home.home.control,
      typeof command === 'string' ? command : JSON.stringify({ seq, command, by: 'test' }),
    )
  const ack = () => readStatus(home.home.status)?.control

  test('control.json is carried out once and acknowledged', async () => {
    control(1, { kind: 'freeze', reason: 'by file' })
    await until('the acknowledgement', () => ack()?.seq === 1)
    expect(ack()).toMatchObject({ seq: 1, outcome: 'done' })
    expect(station.desk.engine.state.freeze?.reason).toBe('by file')
    control(1, { kind: 'unfreeze', reason: 'the same number' })
    control(2, { kind: 'unfreeze', reason: 'the next' })
    await until('the next', () => ack()?.seq === 2)
    expect(station.desk.engine.state.freeze).toBeNull()
  })

  test('A7: a broken control.json is acknowledged as refused, and the desk trades on', async () => {
    const said = (text: string) =>
      station.desk.journal.db.prepare('SELECT count(*) FROM events WHERE message LIKE ?').pluck().get(`%${text}%`)
    control(3, '{ "seq": 3, "command": ')
    await until('it is reported', () => said('control.json was refused: it is not JSON') === 1)
    await until('the acknowledgement', () => ack()?.outcome === 'refused')
    expect(ack()).toEqual({
      seq: null,
      outcome: 'refused',
      code: 'invalid',
      error: expect.any(String),
      at: expect.any(String),
    })
    control(4, { kind: 'pause' })
    await until('it is refused', () => ack()?.seq === 4)
    expect(ack()).toMatchObject({
      outcome: 'refused',
      code: 'invalid',
      error: expect.stringContaining('command.reason'),
    })
    expect(trading()).toBe('running')
  })

  const rearmed = async () => {
    await until('the kill', () => station.desk.gate.isShut && trading() === 'killed')
    const rearm = { kind: 'rearm', confirm: 'REARM', reason: 'test' }
    expect(await station.desk.dispatcher.dispatch(rearm, 'desk')).toMatchObject({ outcome: 'done' })
  }
  let next = 5
  /** A kill as text, with the next number. */
  const killText = () =>
    JSON.stringify({ command: { reason: 'by file', kind: 'kill' }, by: 'test', seq: next++ }, null, 2)
  const utf16 = (text: string, swap: boolean) => {
    const bytes = Buffer.from(text, 'utf16le')
    return swap ? bytes.swap16() : bytes
  }

  test.each<[string, () => string | Buffer]>([
    ['a UTF-8 byte-order mark, as Notepad writes it', () => `\ufeff${killText()}`],
    ['UTF-16 with a mark, as PowerShell writes it', () => utf16(`\ufeff${killText()}`, false)],
    ['UTF-16 of the other byte order', () => utf16(`\ufeff${killText()}`, true)],
    ['UTF-16 without a mark', () => utf16(killText(), false)],
    ['lines that end in CR LF', () => killText().replaceAll('\n', '\r\n')],
    ['lines that end in CR', () => killText().replaceAll('\n', '\r')],
    [
      'a reason that is none and an unknown key',
      () => JSON.stringify({ seq: next++, command: { kind: 'kill', reason: '', pos: 'x' } }),
    ],
    ['no number', () => JSON.stringify({ command: { kind: 'kill' } })],
    ['nothing but the command itself', () => JSON.stringify({ kind: 'kill', positions: 'hold' })],
    ['a command that is only its name', () => JSON.stringify({ seq: next++, command: 'kill' })],
    ['a comma too many', () => `{"seq":${next++},"command":{"kind":"kill",}}`],
    [
      'letters of another encoding',
      () => Buffer.from(`{"seq":${next++},"command":{"kind":"kill","reason":"fünf"}}`, 'latin1'),
    ],
    ['nothing but its name', () => 'kill'],
    [
      'a reason that is an object',
      () => JSON.stringify({ seq: next++, command: { kind: 'kill', reason: { toString: 1 } } }),
    ],
  ])('A7, I5: a kill by file is understood with %s', async (_, file) => {
    expect(trading()).toBe('running')
    writeFileSync(home.home.control, file())
    await rearmed()
  })

  test('A7: what cannot be opened is acknowledged as well', async () => {
    rmSync(home.home.control)
    mkdirSync(home.home.control)
    await until('the refusal', () => ack()?.error?.includes('EISDIR') === true)
    expect(ack()?.seq).toBeNull()
    rmSync(home.home.control, { recursive: true })
  })

  test('I5: a kill by file does not wait for a deployment that was asked for before it', async () => {
    const good = home.read('snipe.ts')
    home.write('snipe.ts', `let n = 1\nwhile (n > 0) n = 1\n${good}`)
    control(100, { kind: 'reload', strategy: 'snipe' })
    const checking = "SELECT count(*) FROM deployments WHERE state = 'checking'"
    await until('the reload is under way', () => station.desk.journal.db.prepare(checking).pluck().get() !== 0)
    const since = performance.now()
    control(101, { kind: 'kill', reason: 'now' })
    await until('the kill', () => station.desk.gate.isShut)
    expect(performance.now() - since).toBeLessThan(scaled(1_000))
    await until('its acknowledgement', () => ack()?.seq === 101)
    expect(ack()).toMatchObject({ seq: 101, outcome: 'done' })
    const rearm = { kind: 'rearm', confirm: 'REARM', reason: 'test' }
    expect(await station.desk.dispatcher.dispatch(rearm, 'desk')).toMatchObject({ outcome: 'done' })
    home.write('snipe.ts', good)
    await station.desk.deployer.idle()
    expect(ack()?.seq).toBe(101)
  })

  test('a bad configuration while it runs is named; the desk goes on with the one it has', async () => {
    writeFileSync(home.home.config, JSON.stringify({ slotz: ['BTC-5m'] }))
    const said = () =>
      station.desk.journal.db.prepare("SELECT message FROM events WHERE message LIKE '%config.json%'").pluck().get()
    await until('it is named', () => said() !== undefined)
    expect(said()).toContain('"slotz"')
    expect(said()).toContain('goes on with the configuration it started with')
  })

  test('I5: a file named KILL kills, latches, and must go before a re-arm', async () => {
    writeFileSync(home.home.kill, '')
    const since = performance.now()
    await until('the kill', () => trading() === 'killed')
    expect(performance.now() - since).toBeLessThan(scaled(1_000))
    expect(station.desk.gate.isShut).toBe(true)
    const rearm = { kind: 'rearm', confirm: 'REARM', reason: 'test' }
    expect(await station.desk.dispatcher.dispatch(rearm, 'desk')).toMatchObject({
      outcome: 'refused',
      code: 'unconfirmed',
    })
    rmSync(home.home.kill)
    expect(await station.desk.dispatcher.dispatch(rearm, 'desk')).toMatchObject({ outcome: 'done' })
    expect(trading()).toBe('running')
    expect(existsSync(home.home.kill)).toBe(false)
  })
})

test('every command is in the journal with its source and outcome, refused ones too', () => {
  const rows = station.desk.journal.db.prepare('SELECT source, kind, outcome, code FROM commands').all() as {
    source: string
    kind: string
    outcome: string
    code: string | null
  }[]
  expect(rows).toContainEqual({ source: 'http', kind: 'pause', outcome: 'done', code: null })
  expect(rows).toContainEqual({ source: 'file', kind: 'freeze', outcome: 'done', code: null })
  expect(rows).toContainEqual({ source: 'kill-file', kind: 'kill', outcome: 'done', code: null })
  expect(rows).toContainEqual({ source: 'desk', kind: 'rearm', outcome: 'refused', code: 'unconfirmed' })
  expect(rows.some((row) => row.kind === 'invalid' && row.code === 'invalid')).toBe(true)
})
