import { type Context, constants, createContext, runInContext } from 'node:vm'
import { REGIMES } from '../../engine/prices/regime.ts'
import { ROW } from '../../engine/views/view-row.ts'
import { isoUtc } from '../../shared/domain/time.ts'
import type { Harness } from './harness.ts'
import { jsonTools } from './json-tools.ts'
import { prelude } from './prelude.ts'
import { restrictGlobals } from './sandbox-globals.ts'
import { viewMaker } from './view-maker.ts'

/** File name under which a strategy's bundle runs; it occurs in stacks. */
export const BUNDLE_FILE = 'bundle.js'

const PRELUDE_FILE = 'prelude.js'

/** Expression for a debugger in the prelude's frame that calls `decide`: the slot being evaluated and the time, ms UTC. */
export const EVALUATED_SLOT = {
  script: PRELUDE_FILE,
  expression:
    "typeof evaluated === 'object' && evaluated !== null ? evaluated.view.slot + ' ' + evaluated.view.now : null",
}

/** `BTC-5m at 00:01:10`, from the result of that expression. */
export function momentText(about: string): string {
  const [slot, now] = about.split(' ')
  return `${slot} at ${isoUtc(Number(now)).slice(11, 19)}`
}

/** A bare V8 context for one strategy: nothing of Node is reachable from there. */
export interface StrategyContext {
  readonly harness: Harness
  /** Runs the bundle. @returns JSON of an outcome with the strategy's manifest */
  readonly load: (bundle: string) => string
}

function failureText(error: unknown): { message: string; stack: string } {
  if (typeof error !== 'object' || error === null) return { message: String(error), stack: '' }
  const message: unknown = Reflect.get(error, 'message')
  const stack: unknown = Reflect.get(error, 'stack')
  return { message: String(message ?? error), stack: String(stack ?? '') }
}

export function strategyContext(name: string): StrategyContext {
  const context: Context = createContext(constants.DONT_CONTEXTIFY, {
    name,
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  })
  const views = `(${viewMaker.toString()})(${JSON.stringify(ROW)}, ${JSON.stringify(REGIMES)})`
  const source = `(${prelude.toString()})(${views}, (${jsonTools.toString()})(), ${restrictGlobals.toString()})`
  const harness: Harness = runInContext(source, context, { filename: PRELUDE_FILE })
  const load = (bundle: string): string => {
    try {
      runInContext(bundle, context, { filename: BUNDLE_FILE })
      return harness.adopt()
    } catch (error) {
      // The error belongs to the context's realm: only its text is used.
      const { message, stack } = failureText(error)
      return JSON.stringify({ ok: false, error: { message, stack } })
    }
  }
  return { harness, load }
}
