import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parentPort, Worker } from 'node:worker_threads'

const EVERY_MS = 1

/** Delay of timers by a thread's event loop, in ms. */
export interface LoopDelay {
  readonly p99: number
  readonly max: number
}

/** Starts measuring this thread. @returns ends the measurement */
export function measureLoop(): () => LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: EVERY_MS })
  histogram.enable()
  return () => {
    histogram.disable()
    const ms = (ns: number) => ns / 1e6 - EVERY_MS
    return { p99: ms(histogram.percentile(99)), max: ms(histogram.max) }
  }
}

/** Measures an idle thread, whose delays come from the machine only. */
export function measureIdleLoop(): () => Promise<LoopDelay> {
  const thread = new Worker(new URL(import.meta.url), { stdin: false })
  return () =>
    new Promise((resolve) => {
      thread.once('message', (delay: LoopDelay) => {
        void thread.terminate()
        resolve(delay)
      })
      thread.postMessage(null)
    })
}

if (parentPort !== null) {
  const end = measureLoop()
  parentPort.once('message', () => parentPort?.postMessage(end()))
}
