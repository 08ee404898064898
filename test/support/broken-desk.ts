import { Station } from '../../src/main/app/station.ts'
import { stationOptions } from '../../src/main/cli/desk-options.ts'
import { runHeadless } from '../../src/main/cli/headless.ts'
import { usdOf } from '../../src/shared/domain/money.ts'

/**
 * The headless desk, with something going wrong a moment after its start: `broken-desk.ts HOME STRATEGIES WAY`. Only what
 * goes wrong is planted; how it ends is the product's own.
 */
const [home = '', strategies = '', way = ''] = process.argv.slice(2)

function goWrong({ desk }: Station): void {
  if (way === 'throw') throw new Error('planted error')
  if (way === 'reject') void Promise.reject(new Error('planted rejection'))
  if (way !== 'invariant') return
  // A cent from nowhere: the next entry finds the account out of balance.
  const nothing = {
    ts: desk.now(),
    kind: 'deposit',
    ref: 'planted',
    ...Object.fromEntries(COLUMNS.map((name) => [name, 0])),
  }
  desk.engine.state.ledger.apply({ ...nothing, cash: 10_000 } as never)
  desk.loop.deliver({ kind: 'deposit', ts: desk.now(), amount: usdOf(1) })
}

const COLUMNS = ['cash', 'cost', 'locked', 'deposit', 'realised', 'fee', 'voided']

const open = Station.open.bind(Station)
Station.open = async (options) => {
  const opened = await open(options)
  if (opened.ok) {
    const start = opened.value.start.bind(opened.value)
    opened.value.start = async () => {
      await start()
      setTimeout(() => goWrong(opened.value), 200)
    }
  }
  return opened
}
const flags = { market: 'simulated', seed: 7, home, strategies, port: 0, slots: 'BTC-5m' } as const
process.exitCode = await runHeadless(stationOptions(flags, undefined), null)
