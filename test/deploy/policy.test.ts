import { describe, expect, test } from 'vitest'
import { Deployment } from '../../src/main/deploy/deployment.ts'
import { PolicyCase } from '../../src/main/deploy/policy-case.ts'
import { PolicyStep } from '../../src/main/deploy/policy-step.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import { parseConfig } from '../../src/shared/config.ts'
import type { PolicyRefusal } from '../../src/shared/domain/deployments.ts'
import type { ProofRow } from '../../src/shared/domain/proofs.ts'
import { DAY, MINUTE, SECOND, type UnixMs, unixMs, utcDay } from '../../src/shared/domain/time.ts'
import { proofRow } from '../renderer/rows.ts'
import { EngineBench, slots } from '../support/bench-engine.ts'
import { deploymentId } from '../support/ids.ts'

type Policy = Record<string, unknown>

/** A live version of `alpha` in a real engine, a policy step over it whose time the test moves, and a candidate on its way. */
class Scene {
  readonly bench = new EngineBench(slots('BTC-5m', 'ETH-5m'), 11)
  now: UnixMs
  readonly step: PolicyStep
  readonly deployment: Deployment

  constructor(policy: Policy = {}, proof: ProofRow | null = null) {
    this.bench.pump(unixMs(this.bench.now + 91 * MINUTE))
    this.bench.swap()
    this.now = this.bench.now
    const config = parseConfig({ policy: { enforceOn: ['simulated'], cooldown: NONE, ...policy } })
    if (!config.ok) throw new Error(config.error)
    const loop = { engine: this.bench.engine }
    this.step = new PolicyStep({ loop, config: config.value, now: () => this.now })
    const init = {
      id: deploymentId('D-1'),
      strategy: 'alpha',
      trigger: 'save',
      by: 'test',
      from: null,
      startedAt: this.now,
    } as const
    this.deployment = Deployment.begin(init, 0, systemClock, () => {})
    if (proof !== null) this.deployment.proves(proof)
  }

  get tenure() {
    const hash = this.bench.engine.state.live.get('alpha')
    const version = hash === undefined ? undefined : this.bench.engine.state.versions.get(hash)
    if (version === undefined) throw new Error('nothing is live')
    return version.tenure
  }

  /** Asks the rules as the pipeline does, until they advance or stop. @returns whether they let it through */
  async pass(of: { reason?: string; override?: string; exempt?: boolean } = {}): Promise<boolean> {
    const { reason, override, exempt = false } = of
    const trigger = exempt ? 'start' : 'save'
    const policyCase = new PolicyCase(
      { strategy: 'alpha', trigger, by: 'cli', noticedAt: 0, reason, override },
      'abcdef',
    )
    for (;;) {
      const result = this.step.ask(this.deployment, policyCase)
      if (result.kind === 'advance') return true
      if (result.kind !== 'wait') {
        if (result.failure !== null) this.deployment.fail(this.now, result.failure.end)
        return false
      }
      await result.until
      if (this.deployment.ended) return false
    }
  }

  get waits(): readonly PolicyRefusal[] {
    return this.deployment.current.policy?.waits ?? []
  }

  /** Time passes, and everybody looks again. */
  async after(ms: number): Promise<void> {
    this.now = unixMs(this.now + ms)
    this.step.recheck()
    await settled()
  }
}

const NONE = { minMinutes: 0, minTrades: 0, maxMinutes: 0 }
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** How a rule comes to hold, and what ends it. */
interface Rule {
  readonly policy: Policy
  readonly proof?: (scene: Scene) => ProofRow
  readonly begin: (scene: Scene) => void
  readonly figures: RegExp
  /** Market time after which it still holds, and after which it does not. */
  readonly holdsFor: number
  readonly endsAfter: number
  /** What besides time ends it. */
  readonly end?: (scene: Scene) => void
}

const RULES: Readonly<Record<Exclude<PolicyRefusal['rule'], 'reload' | 'shadow' | 'canary'>, Rule>> = {
  freeze: {
    policy: { whileFrozen: 'wait' },
    begin: ({ bench, now }) => {
      bench.command({ kind: 'freeze', reason: 'news at 14:00', until: new Date(now + 10 * MINUTE).toISOString() })
    },
    figures: /frozen until \d{4}-.*: news at 14:00/,
    holdsFor: 9 * MINUTE,
    endsAfter: MINUTE,
    end: ({ bench, now }) => {
      bench.pump(now)
      bench.cycle(() => ({ intents: [], why: '', state: null }))
    },
  },
  venue: {
    policy: {},
    begin: ({ bench, now }) => {
      const down = { connected: false, stale: [], detail: 'reconnecting' }
      bench.deliver({ kind: 'feed', ts: now, ...down })
    },
    figures: /the feed is down: reconnecting/,
    holdsFor: MINUTE,
    endsAfter: SECOND,
    end: ({ bench, now }) => {
      bench.deliver({ kind: 'feed', ts: now, connected: true, stale: [], detail: 'back' })
    },
  },
  cooldown: {
    policy: { cooldown: { minMinutes: 10, minTrades: 3, maxMinutes: 60 } },
    begin: () => {},
    figures: /alpha v1 has been live for 0\.0 min of 10 and has settled 0 of 3 trades; .* at the latest/,
    holdsFor: 59 * MINUTE,
    endsAfter: MINUTE,
  },
  tilt: {
    policy: { tilt: { losses: 4, waitMinutes: 30 } },
    begin: ({ tenure, now }) => {
      tenure.lossesInRow = 4
      tenure.lastLossAt = now
    },
    figures: /4 losing trades in a row, bound 4: wait until .*, or reload with a reason/,
    holdsFor: 29 * MINUTE,
    endsAfter: MINUTE,
  },
  regime: {
    policy: { regime: { minWindows: 3, minSlots: 1 } },
    proof: () => proofRow({ coverage: { 'BTC-5m': { nonsense: 40 }, 'ETH-5m': { nonsense: 40 } } }),
    begin: () => {},
    figures: /BTC-5m is \S+ now, its proof holds 0 windows of that, 3 are needed; 0 of 2 slots are covered/,
    holdsFor: 10 * MINUTE,
    endsAfter: 0,
    end: ({ bench, deployment }) => {
      const now = Object.fromEntries(
        [...bench.engine.state.slots.values()].map(({ slot, asset }) => [slot.id, { [asset.regime ?? '']: 3 }]),
      )
      deployment.proves(proofRow({ coverage: now }))
    },
  },
  quiet: {
    policy: { quiet: { lastSeconds: 60, limitMinutes: 10 } },
    begin: (scene) => {
      const [slot] = scene.bench.engine.state.slots.values()
      scene.now = unixMs((slot?.window?.end ?? 0) - 50 * SECOND)
    },
    figures: /BTC-5m, ETH-5m: in the last 60 s of the window/,
    holdsFor: 49 * SECOND,
    endsAfter: SECOND,
  },
}

describe.each(Object.entries(RULES))('policy: %s', (name, rule) => {
  const scene = () => {
    const made = new Scene(rule.policy)
    if (rule.proof !== undefined) made.deployment.proves(rule.proof(made))
    rule.begin(made)
    return made
  }

  test('holds a candidate back, with its figures, and lets it go in time', async () => {
    const at = scene()
    let passed: boolean | null = null
    void at.pass().then((value) => {
      passed = value
    })
    await settled()
    expect(at.waits.map((refusal) => refusal.rule)).toEqual([name])
    expect(at.waits[0]?.message).toMatch(rule.figures)
    expect(at.deployment.current.reason).toContain(`waits: ${at.waits[0]?.message}`)
    await at.after(rule.holdsFor)
    expect(passed).toBeNull()
    rule.end?.(Object.assign(at, { now: unixMs(at.now + rule.endsAfter) }))
    await at.after(rule.end === undefined ? rule.endsAfter : 0)
    expect(passed).toBe(true)
    expect(at.deployment.current).toMatchObject({ reason: null, policy: { waits: [], override: null } })
    expect(Object.keys(at.deployment.current.policy?.regimes ?? {})).toEqual(['BTC-5m', 'ETH-5m'])
  })

  test('is overridden by a person’s reason, which is kept with the rule’s name', async () => {
    const at = scene()
    expect(await at.pass({ override: 'the fix cannot wait' })).toBe(true)
    expect(at.deployment.current.policy?.override).toEqual({
      ts: at.now,
      by: 'cli',
      reason: 'the fix cannot wait',
      rules: [name],
    })
  })

  test('is overridden while the candidate waits', async () => {
    const at = scene()
    const passing = at.pass()
    await settled()
    at.step.wake('alpha', { kind: 'go', by: 'desk', override: 'seen and understood' })
    expect(await passing).toBe(true)
    expect(at.deployment.current.policy?.override).toMatchObject({ by: 'desk', rules: [name] })
  })
})

describe('policy', () => {
  test('a cooldown ends with its shorter time once enough trades have settled, and a faulted version has none', async () => {
    const at = new Scene({ cooldown: { minMinutes: 10, minTrades: 3, maxMinutes: 60 } })
    let passed = false
    void at.pass().then((value) => {
      passed = value
    })
    at.tenure.trades = 3
    await at.after(9 * MINUTE)
    expect(passed).toBe(false)
    await at.after(MINUTE)
    expect(passed).toBe(true)

    const faulted = new Scene({ cooldown: { minMinutes: 10, minTrades: 3, maxMinutes: 60 } })
    const version = faulted.bench.engine.state.live.get('alpha')
    if (version === undefined) throw new Error('nothing is live')
    const ts = faulted.now
    faulted.bench.deliver({ kind: 'fault', ts, version, slot: null, fatal: true, message: 'planted' })
    expect(await faulted.pass()).toBe(true)
  })

  test('a losing run can be answered with a reason, and a run that a win ended is none', async () => {
    const tilted = () => {
      const at = new Scene({ tilt: { losses: 4, waitMinutes: 30 } })
      Object.assign(at.tenure, { lossesInRow: 4, lastLossAt: at.now })
      return at
    }
    expect(await tilted().pass({ reason: 'stakes halved' })).toBe(true)
    const won = tilted()
    won.tenure.lossesInRow = 0
    expect(await won.pass()).toBe(true)
  })

  test('quiet gives way after its limit', async () => {
    const at = new Scene({ quiet: { lastSeconds: 300, limitMinutes: 2 } })
    let passed = false
    void at.pass().then((value) => {
      passed = value
    })
    await at.after(119 * SECOND)
    expect(passed).toBe(false)
    await at.after(SECOND)
    expect(passed).toBe(true)
  })

  test('who has waited too long is given up, and a freeze that refuses does so at once', async () => {
    const at = new Scene({ cooldown: { minMinutes: 300, minTrades: 0, maxMinutes: 300 }, waitMinutes: 60 })
    const passing = at.pass()
    await at.after(61 * MINUTE)
    expect(await passing).toBe(false)
    const waited = { code: 'policy', rule: 'cooldown', waitedMinutes: 60 }
    expect(at.deployment.current).toMatchObject({ state: 'failed', end: waited })

    const frozen = new Scene({ whileFrozen: 'refuse' })
    frozen.bench.command({ kind: 'freeze', reason: 'news' })
    expect(await frozen.pass()).toBe(false)
    const refused = { code: 'policy', rule: 'freeze', waitedMinutes: null, why: expect.stringContaining('news') }
    expect(frozen.deployment.current).toMatchObject({ state: 'failed', end: refused })
  })

  test('where nothing is live yet no wait holds but a freeze', async () => {
    const at = new Scene({ quiet: { lastSeconds: 300, limitMinutes: 10 }, whileFrozen: 'wait' })
    at.bench.deliver({ kind: 'feed', ts: at.now, connected: false, stale: [], detail: 'not yet' })
    expect(await at.pass({ exempt: true })).toBe(true)
    const frozen = new Scene({ whileFrozen: 'wait' })
    frozen.bench.command({ kind: 'freeze', reason: 'news' })
    const passing = frozen.pass({ exempt: true })
    await frozen.after(24 * 60 * MINUTE)
    expect(frozen.deployment.current).toMatchObject({ endedAt: null, policy: { waits: [{ rule: 'freeze' }] } })
    frozen.bench.command({ kind: 'unfreeze', reason: 'over' })
    await frozen.after(MINUTE)
    expect(await passing).toBe(true)
  })

  test('where the waits are not enforced only freeze and venue hold', async () => {
    const at = new Scene({ enforceOn: ['paper'], cooldown: { minMinutes: 10, minTrades: 3, maxMinutes: 60 } })
    expect(await at.pass()).toBe(true)
    expect(at.step.cooling()).toBeNull()
  })

  test('a day that gave back too much freezes deployments until the next', () => {
    const bench = new EngineBench(slots('BTC-5m'), 3, { freezeDrawdown: 1 as never })
    bench.swap()
    for (let i = 0; i < 400 && bench.engine.state.freeze === null; i++) {
      bench.pump(unixMs(bench.now + 5_000))
      bench.cycle((view) => ({
        intents: view.position === null ? [{ kind: 'enter', side: 'down', limit: 0.99, stakeUsd: 5, why: 'test' }] : [],
        why: 'test',
        state: null,
      }))
    }
    const { freeze } = bench.engine.state
    const drawdown = bench.engine.state.ledger.drawdownOn(bench.now)
    expect(bench.causes('frozen')).toEqual([{ code: 'daily-drawdown', drawdown, limit: 1 }])
    expect(freeze?.until).toBe(utcDay(bench.now) + DAY)
    expect(bench.command({ kind: 'unfreeze', reason: 'seen' })).toBeNull()
    bench.pump(unixMs(bench.now + 20 * MINUTE))
    expect(bench.engine.state.freeze, 'once a day is enough').toBeNull()
  })
})
