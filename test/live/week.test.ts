import { rmSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, expect, test } from 'vitest'
import { summarise } from '../../src/main/app/summary.ts'
import { auditDatabase } from '../../src/main/audit/audit.ts'
import { listDeployments } from '../../src/main/db/queries.ts'
import { HOUR, unixMs } from '../../src/shared/domain/time.ts'
import { eager, TestHome } from '../support/desk.ts'
import { longForm } from '../support/long-form.ts'

/** Market hours, and deployments in them; by hand a week of 1,000 with `BATON_WEEK=168,1000`. */
const [HOURS = 3, DEPLOYMENTS = 12] = (process.env.BATON_WEEK ?? longForm('3,12', '24,100')).split(',').map(Number)
/** Market seconds a real second: as fast as a deployment and its share of market time take here. */
const SPEED = 600

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** What the process holds on to, and all that it has of the system, in MB. */
function inUse(): string {
  collect()
  const { heapUsed, external, rss } = process.memoryUsage()
  return `${Math.round((heapUsed + external) / 2 ** 20)}/${Math.round(rss / 2 ** 20)}`
}

const home = new TestHome({
  policy: { enforceOn: ['simulated'], deploymentsPerDay: 100_000, freezeDrawdownUsd: 100_000 },
  accountUsd: 100_000,
  caps: { lossPerDayUsd: 100_000 },
  proof: { hours: 1, minHours: 0.5, maxDrawdownUsd: 10_000 },
  handover: { fade: 'drain' },
})
afterAll(() => home.remove())

test('I1, I2, I8: deployments by override through days of trading cost no cycle, no double entry and no owner', async () => {
  for (const name of ['snipe', 'fade']) home.write(`${name}.ts`, eager(name, 0))
  const desk = await home.desk({ speed: SPEED, from: unixMs(Date.UTC(2026, 0, 5)), forMs: HOURS * HOUR, seed: 5 })
  await desk.life.start()
  const memory: string[] = []
  let open = 0
  let made = 0
  let done = 0
  const over = desk.life.done.then(() => {
    done = Number.POSITIVE_INFINITY
  })
  for (let i = 1; i <= DEPLOYMENTS && done < DEPLOYMENTS; i++) {
    const due = Date.UTC(2026, 0, 5) + (i * HOURS * HOUR) / (DEPLOYMENTS + 1)
    while (desk.now() < due && done < DEPLOYMENTS) await new Promise((resolve) => setTimeout(resolve, 5))
    const strategy = i % 2 === 0 ? 'snipe' : 'fade'
    home.write(`${strategy}.ts`, eager(strategy, i))
    open += desk.engine.state.positions.size
    const outcome = await desk.dispatcher.dispatch({ kind: 'reload', strategy, override: `number ${i}` }, 'cli')
    // On a busy machine the market is over before the last ones are: what was asked for after its end changes nothing.
    if (outcome.outcome !== 'done' && done === Number.POSITIVE_INFINITY) break
    expect(outcome.outcome, outcome.message).toBe('done')
    made++
    if (i % Math.ceil(DEPLOYMENTS / 10) === 0) memory.push(inUse())
  }
  await over
  const summary = summarise(desk)
  const handoffs = Number(desk.journal.db.prepare('SELECT count(*) FROM handoffs').pluck().get())
  const rows = listDeployments(desk.journal.db, DEPLOYMENTS + 10)
  expect(rows.filter((row) => row.swappedAt !== null && row.trigger === 'reload')).toHaveLength(made)
  expect(made).toBeGreaterThan(DEPLOYMENTS / 2)
  expect(rows.filter((row) => (row.policy?.override ?? null) !== null).length).toBeGreaterThan(made / 2)
  await desk.life.stop()
  const audit = auditDatabase(home.home.database, [70_000])
  process.stdout.write(
    `${made} deployments in ${HOURS} h of market time, ${open} positions open meanwhile, ${handoffs} handoffs, ` +
      `${summary.cycles} cycles, ${summary.missedCycles} missed, ${summary.duplicateEntries} duplicate entries, ` +
      `${summary.orphanPositions} orphans, swap held ≤ ${summary.swapMsMax} ms, held/resident ${memory.join(' ')} MB\n`,
  )
  expect(summary).toMatchObject({ missedCycles: 0, duplicateEntries: 0, orphanPositions: 0, ledgerBalanced: true })
  expect(audit.ok && audit.value.findings).toEqual([])
  rmSync(home.home.tape, { recursive: true, force: true })
})
