import { parentPort, workerData } from 'node:worker_threads'
import type { CandleColumns } from '../../src/engine/market/candle-columns.ts'
import type { Slot } from '../../src/shared/domain/slots.ts'
import { bareLoop } from './bare-loop.ts'

/** What a thread needs for the bare loop; the columns are shared memory. */
export interface BareLoopData {
  readonly bundle: string
  readonly slots: readonly Slot[]
  readonly series: readonly CandleColumns[]
  readonly span: { readonly from: number; readonly to: number }
}

/** The bare loop in a thread: each message runs it once, and is answered with the decisions made. */
const { bundle, slots, series, span } = workerData as BareLoopData
parentPort?.on('message', () => parentPort?.postMessage(bareLoop(bundle, slots, series, span)))
