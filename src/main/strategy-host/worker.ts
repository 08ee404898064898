import { parentPort, workerData } from 'node:worker_threads'
import { strategyContext } from './context.ts'
import { READY_ID, type ToWorker, workerDataSchema } from './protocol.ts'

/**
 * The thread of one version. Its bundle runs in a bare V8 context: nothing of Node is reachable from there, text is
 * exchanged and nothing else. What spins or eats memory here is stopped from outside, alone.
 */
const { bundle, name } = workerDataSchema.parse(workerData)
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread')

const { harness, load } = strategyContext(name)

/** The desk's own thread reads every answer: a long one would hold its loop. */
const MAX_ANSWER = 1_000_000

function tooLong(length: number): string {
  const message = `the answer is ${length} characters long, allowed ${MAX_ANSWER}`
  return JSON.stringify({ ok: false, error: { message, stack: '' } })
}

function answer(request: ToWorker): string {
  switch (request.op) {
    case 'load':
      return load(bundle)
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
port.postMessage({ id: READY_ID, json: '' })
