import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Desk } from '../../src/main/app/desk-life.ts'
import type { DeskOptions } from '../../src/main/app/desk-options.ts'
import { openDesk } from '../../src/main/app/start/assemble.ts'
import { type Home, homeAt } from '../../src/main/app/start/home.ts'
import type { Result } from '../../src/shared/domain/base.ts'
import { deskOptions } from '../../test/support/desk-options.ts'

/** One line of the report. */
export interface Row {
  readonly what: string
  readonly measured: string
  /** Lower bound on the same machine, measured in the same run. */
  readonly floor?: string
  /** Budget of the design, if it has one. */
  readonly budget?: string
  /** Whether the budget is met. */
  readonly met?: boolean
}

/** Quantile of the samples at `share` (0 … 1); 1 = the largest. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

/** `p50 1.2 · p99 3.4 · max 5.6 ms (n 50)` */
export function spread(samples: readonly number[], unit = 'ms'): string {
  const at = (share: number) => quantile(samples, share).toFixed(2)
  return `p50 ${at(0.5)} · p99 ${at(0.99)} · max ${at(1)} ${unit} (n ${samples.length})`
}

/** A row that compares one quantile of samples, in ms, with an absolute bound. */
export function bounded(what: string, samples: readonly number[], share: number, most: number): Row {
  const name = share === 1 ? 'max' : `p${share * 100}`
  return {
    what,
    measured: spread(samples),
    budget: `${name} ≤ ${most} ms`,
    met: quantile(samples, share) <= most,
  }
}

/** A row that compares a measurement with its lower bound. @param ratio measurement ÷ lower bound */
export function ratioRow(what: string, measured: string, floor: string, ratio: number, most: number): Row {
  return { what, measured, floor, budget: `${ratio.toFixed(2)} × of it, ≤ ${most} ×`, met: ratio <= most }
}

/** Duration of some work in ms. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** The value of a result; throws its error. */
export function need<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(typeof result.error === 'string' ? result.error : JSON.stringify(result.error))
  return result.value
}

/** A home folder with the shipped strategies, removed by `remove`. */
export function benchHome(config: object = {}): { home: Home; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'))
  const strategies = join(folder, 'strategies')
  cpSync(resolve(import.meta.dirname, '../../strategies'), strategies, { recursive: true })
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  return { home: homeAt(folder, strategies), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Opens a desk on the simulated market. */
export async function benchDesk(home: Home, part: Partial<DeskOptions> = {}): Promise<Desk> {
  return need(await openDesk(deskOptions(home, { strict: true, ...part })))
}
