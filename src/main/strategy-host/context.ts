import { type Context, constants, createContext, runInContext } from 'node:vm'
import { REGIMES } from '../../engine/regime.ts'
import { ROW } from '../../engine/view-row.ts'
import { type Harness, prelude } from './prelude.ts'
import { viewMaker } from './view-maker.ts'

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
  const harness = runInContext(source, context, { filename: 'prelude.js' }) as Harness
  const load = (bundle: string): string => {
    try {
      runInContext(bundle, context, { filename: 'bundle.js' })
      return harness.adopt()
    } catch (error) {
      // The error is of the context's own realm: only its text may be taken.
      const { message, stack } = error as { message?: unknown; stack?: unknown }
      return JSON.stringify({ ok: false, error: { message: String(message ?? error), stack: String(stack ?? '') } })
    }
  }
  return { harness, load }
}
