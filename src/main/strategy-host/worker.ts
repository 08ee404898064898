import { constants, createContext, runInContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { type Harness, prelude } from './prelude.ts'
import { type ToWorker, workerDataSchema } from './protocol.ts'

/**
 * The thread of one version. Its bundle runs in a bare V8 context: nothing of Node is reachable from there, text is
 * exchanged and nothing else. What spins or eats memory here is stopped from outside, alone.
 */
const { bundle, name } = workerDataSchema.parse(workerData)
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread')

const context = createContext(constants.DONT_CONTEXTIFY, {
  name,
  codeGeneration: { strings: false, wasm: false },
  microtaskMode: 'afterEvaluate',
})
const harness = runInContext(`(${prelude.toString()})()`, context, { filename: 'prelude.js' }) as Harness

/** The desk's own thread reads every answer: a long one would hold its loop. */
const MAX_ANSWER = 1_000_000

function tooLong(length: number): string {
  const message = `the answer is ${length} characters long, allowed ${MAX_ANSWER}`
  return JSON.stringify({ ok: false, error: { message, stack: '' } })
}

function load(): string {
  try {
    runInContext(bundle, context, { filename: 'bundle.js' })
    return harness.adopt()
  } catch (error) {
    // The error is of the context's own realm: only its text may be taken.
    const { message, stack } = error as { message?: unknown; stack?: unknown }
    return JSON.stringify({ ok: false, error: { message: String(message ?? error), stack: String(stack ?? '') } })
  }
}

function answer(request: ToWorker): string {
  switch (request.op) {
    case 'load':
      return load()
    case 'evaluate':
      return harness.evaluate(request.json)
    case 'migrate':
      return harness.migrate(request.json)
    case 'migrateBack':
      return harness.migrateBack(request.json)
  }
}

port.on('message', (request: ToWorker) => {
  const json = answer(request)
  port.postMessage({ id: request.id, json: json.length <= MAX_ANSWER ? json : tooLong(json.length) })
})
