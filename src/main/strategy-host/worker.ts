import { parentPort, workerData } from 'node:worker_threads'
import { strategyContext } from './context.ts'
import { READY_ID, type ToWorker, workerDataSchema } from './protocol.ts'

/**
 * Thread of one version. Its bundle runs in a bare V8 context, from which nothing of Node is reachable; only text is
 * exchanged. An endless loop or excessive memory use is stopped from outside and affects only this thread.
 */
const { bundle, name } = workerDataSchema.parse(workerData)
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread')

const { harness, load } = strategyContext(name)

/** Maximum length of an answer in characters: the desk's main thread parses every answer. */
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
