import { parentPort, workerData } from 'node:worker_threads'
import type { CandleColumns } from '../../src/engine/market/candle-columns.ts'
import type { Slot } from '../../src/shared/domain/slots.ts'
import { bareLoop } from './bare-loop.ts'

/** Input of a bare-loop thread; the columns are in shared memory. */
export interface BareLoopData {
  readonly bundle: string
  readonly slots: readonly Slot[]
  readonly series: readonly CandleColumns[]
  readonly span: { readonly from: number; readonly to: number }
}

/** Each message runs the bare loop once and is answered with the number of decisions. */
const { bundle, slots, series, span }: BareLoopData = workerData
parentPort?.on('message', () => parentPort?.postMessage(bareLoop(bundle, slots, series, span)))
