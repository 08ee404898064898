import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { generatedMarket, type Row, recordedMarket } from '../../scripts/venue-sim/market.ts'
import { startVenueSim, type VenueSim, type VenueSimOptions } from '../../scripts/venue-sim/sim.ts'

export type { VenueSim, VenueSimOptions } from '../../scripts/venue-sim/sim.ts'

const MINUTE = 60_000
/** 2026-11-20T12:00:00Z. */
export const SIM_START = 1_795_176_000_000

/** BTC trades, ETH does not: its minutes close without volume. Eighty minutes from fifty before the start. */
export function quietMarket(): Pick<VenueSimOptions, 'market' | 'startAt'> {
  const first = SIM_START - 50 * MINUTE
  const quiet = Array.from({ length: 80 }, (_, i): Row => [first + i * MINUTE, 10, 10, 10, 10, 0])
  const busy = quiet.map(([time]): Row => [time, 10, 10.2, 9.9, 10.1, 5])
  const rows = new Map([
    ['BTCUSDT', busy],
    ['ETHUSDT', quiet],
  ])
  return { market: recordedMarket(rows, 0), startAt: SIM_START }
}

export interface GeneratedSim extends Partial<VenueSimOptions> {
  readonly assets: readonly string[]
  readonly seed?: number
  /** Minutes of history before the start. */
  readonly past?: number
}

/** A simulated venue in this process, on generated candles. */
export function generatedSim({ assets, seed = 7, past = 200, ...options }: GeneratedSim): Promise<VenueSim> {
  const startAt = options.startAt ?? SIM_START
  const origin = startAt - (startAt % MINUTE) - past * MINUTE
  return startVenueSim({ market: generatedMarket(assets, seed, origin), ...options, startAt })
}

export interface SimProcess {
  readonly restUrl: string
  readonly wsUrl: string
  /** What it has printed until it was ready. */
  readonly output: string
  stop(): Promise<void>
}

/** The simulator as a process of its own, as a person starts it. */
export function spawnVenueSim(args: readonly string[]): Promise<SimProcess> {
  const script = fileURLToPath(new URL('../../scripts/venue-sim.ts', import.meta.url))
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return new Promise((resolve, reject) => {
    let output = ''
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const ready = /rest=(\S+) ws=(\S+)/.exec(output)
      if (ready?.[1] === undefined || ready[2] === undefined) return
      const stop = () => {
        child.kill('SIGTERM')
        return exited
      }
      resolve({ restUrl: ready[1], wsUrl: ready[2], output, stop })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`venue-sim ended with ${code}: ${output}`)))
  })
}
