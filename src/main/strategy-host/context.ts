import { type Context, constants, createContext, runInContext } from 'node:vm'
import { REGIMES } from '../../engine/prices/regime.ts'
import { ROW } from '../../engine/views/view-row.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import { type Harness, prelude } from './prelude.ts'
import { viewMaker } from './view-maker.ts'

/** File name that a strategy's bundle runs under; stacks name places in it. */
export const BUNDLE_FILE = 'bundle.js'

const PRELUDE_FILE = 'prelude.js'

/** Says, in the frame of the prelude that calls `decide`, for which slot and at which moment (ms UTC). */
export const AT_WHICH_SLOT = {
  script: PRELUDE_FILE,
  expression: "typeof seat === 'object' && seat !== null ? seat.view.slot + ' ' + seat.view.now : null",
}

/** `BTC-5m at 00:01:10` of what that expression says. */
export function momentText(about: string): string {
  const [slot, now] = about.split(' ')
  return `${slot} at ${isoUtc(Number(now)).slice(11, 19)}`
}

/** A bare V8 context for one strategy: nothing of Node is reachable from there. */
export interface StrategyContext {
  readonly harness: Harness
  /** Runs the bundle and gives the strategy's word about itself as JSON of an outcome. */
  readonly load: (bundle: string) => string
}

export function strategyContext(name: string): StrategyContext {
  const context: Context = createContext(constants.DONT_CONTEXTIFY, {
    name,
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  })
  const source = `(${prelude.toString()})((${viewMaker.toString()})(${JSON.stringify(ROW)}, ${JSON.stringify(REGIMES)}))`
  const harness = runInContext(source, context, { filename: PRELUDE_FILE }) as Harness
  const load = (bundle: string): string => {
    try {
      runInContext(bundle, context, { filename: BUNDLE_FILE })
      return harness.adopt()
    } catch (error) {
      // The error is of the context's own realm: only its text may be taken.
      const { message, stack } = error as { message?: unknown; stack?: unknown }
      return JSON.stringify({ ok: false, error: { message: String(message ?? error), stack: String(stack ?? '') } })
    }
  }
  return { harness, load }
}
