import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { baton, temporaryFolder } from '../support/cli.ts'
import { MOST_WAIT_MS } from '../support/patience.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = temporaryFolder()
const home = join(folder.path, 'home')
const strategies = join(folder.path, 'strategies')
let desk: ChildProcess

function startDesk(): ChildProcess {
  const args = [join(root, 'src/main/cli.ts'), 'desk', '--home', home, '--strategies', strategies, '--port', '0']
  return spawn(process.execPath, args, { cwd: root, stdio: 'ignore' })
}

function exited(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((done) => child.once('exit', done))
}

interface Status {
  readonly trading: string
  readonly deploys: string
  readonly versions: Readonly<Record<string, { readonly version: string }>>
  readonly control: { readonly seq: number }
  readonly outages: readonly unknown[]
}

function status(): Status | undefined {
  const path = join(home, 'simulated', 'status.json')
  if (!existsSync(path)) return undefined
  const parsed: Status = JSON.parse(readFileSync(path, 'utf8'))
  return parsed
}

const ctl = (...args: string[]) => baton('ctl', ...args, '--home', home, '--timeout', '4m')

beforeAll(async () => {
  cpSync(join(root, 'strategies'), strategies, { recursive: true })
  desk = startDesk()
  // Until the first prices, `ctl` adds a note about the outage to every answer.
  const isUp = () => Object.keys(status()?.versions ?? {}).length === 2 && status()?.outages.length === 0
  await vi.waitUntil(isUp, { timeout: MOST_WAIT_MS, interval: 50 })
})
afterAll(async () => {
  desk.kill('SIGTERM')
  await exited(desk)
  folder.remove()
})

describe('baton ctl against a running desk', () => {
  it('freezes and unfreezes, and returns exit code 3 for a refusal', async () => {
    const frozen = await ctl('freeze', '--reason', 'looking at it')
    expect(frozen).toMatchObject({ code: 0, err: '' })
    expect(frozen.out).toMatch(/^freeze: deployments are frozen/)
    expect(status()?.deploys).toBe('frozen')
    expect((await ctl('unfreeze', '--reason', 'looked')).code).toBe(0)
    const again = await ctl('unfreeze', '--reason', 'looked')
    expect(again).toMatchObject({ code: 3, out: '' })
    expect(again.err).toMatch(/^baton: unfreeze refused: .+\n$/)
    const asJson = await ctl('unfreeze', '--reason', 'looked', '--json')
    expect(JSON.parse(asJson.out)).toMatchObject({ command: 'unfreeze', outcome: 'refused', code: 'no-effect' })
  })

  it('pauses and resumes all, one slot, one strategy', async () => {
    expect((await ctl('pause', '--reason', 'lunch')).code).toBe(0)
    expect(status()?.trading).toBe('paused')
    expect((await ctl('resume')).code).toBe(0)
    expect(status()?.trading).toBe('running')
    const slot = await ctl('pause', '--reason', 'x', '--slot', 'BTC-5m', '--json')
    expect(JSON.parse(slot.out)).toMatchObject({ command: 'pause', outcome: 'done', seq: status()?.control.seq })
    expect((await ctl('resume', '--slot', 'BTC-5m')).code).toBe(0)
    expect((await ctl('pause', '--reason', 'x', '--strategy', 'nobody')).code).toBe(3)
  })

  it('answers two concurrent callers', async () => {
    const before = status()?.control.seq ?? 0
    const results = await Promise.all([
      ctl('pause', '--reason', 'one', '--slot', 'BTC-5m'),
      ctl('pause', '--reason', 'two', '--slot', 'ETH-5m'),
    ])
    expect(results.map(({ code }) => code)).toEqual([0, 0])
    expect(results.map(({ out }) => out).toSorted()).toEqual([
      expect.stringContaining('BTC-5m'),
      expect.stringContaining('ETH-5m'),
    ])
    expect(status()?.control.seq).toBe(before + 2)
  })

  it('reloads what changed, and rolls it back', async () => {
    const old = status()?.versions.snipe?.version
    expect((await ctl('freeze', '--reason', 'the save itself must not deploy')).code).toBe(0)
    appendFileSync(join(strategies, 'snipe.ts'), '\n')
    const file = join(strategies, 'snipe.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/stakeUsd: \d+/, 'stakeUsd: 3'))
    expect((await ctl('unfreeze', '--reason', 'now')).code).toBe(0)
    const reloaded = await ctl('reload', '--strategy', 'snipe', '--reason', 'smaller stake')
    expect(reloaded.code, reloaded.err).toBe(0)
    await expect.poll(() => status()?.versions.snipe?.version, { timeout: MOST_WAIT_MS }).not.toBe(old)
    const back = await ctl('rollback', '--strategy', 'snipe')
    expect(back.code, back.err).toBe(0)
    await expect.poll(() => status()?.versions.snipe?.version, { timeout: MOST_WAIT_MS }).toBe(old)
  })

  it('kills and re-arms, and refuses other commands while killed', async () => {
    expect((await ctl('rearm', '--confirm', 'REARM', '--reason', 'x')).code).toBe(3)
    expect((await ctl('kill', '--reason', 'test')).code).toBe(0)
    expect(status()?.trading).toBe('killed')
    expect((await ctl('pause', '--reason', 'x')).code).toBe(3)
    expect((await ctl('rearm', '--confirm', 'REARM', '--reason', 'tested')).code).toBe(0)
    expect(status()?.trading).toBe('running')
  })

  it('refuses a second desk in the same home and names the process of the first', async () => {
    const second = await baton('desk', '--home', home, '--strategies', strategies, '--port', '0')
    expect(second.code).toBe(2)
    expect(second.err).toContain(`another desk (process ${desk.pid}) runs in ${home}`)
    expect((await baton('doctor', '--home', home, '--strategies', strategies)).out).toContain(
      `process ${desk.pid} runs`,
    )
  })

  it('the audit finds nothing while the desk runs', async () => {
    const { code, out } = await baton('audit', '--home', home)
    expect(out).toContain('audit finds nothing')
    expect(code).toBe(0)
  })

  it('fails at once without a running desk, and writes nothing', async () => {
    desk.kill('SIGTERM')
    await exited(desk)
    const before = readFileSync(join(home, 'simulated', 'control.json'), 'utf8')
    const { code, err } = await ctl('kill')
    expect(code).toBe(1)
    expect(err).toContain(`no desk runs in ${home}`)
    expect(readFileSync(join(home, 'simulated', 'control.json'), 'utf8')).toBe(before)
  })
})
