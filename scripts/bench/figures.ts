import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Desk } from '../../src/main/app/desk.ts'
import type { DeskOptions } from '../../src/main/app/desk-parts.ts'
import { type Home, homeAt } from '../../src/main/app/home.ts'
import { DeskClock } from '../../src/main/platform/desk-clock.ts'
import { systemClock } from '../../src/main/platform/system.ts'

/** One line of the report. */
export interface Row {
  readonly what: string
  readonly measured: string
  readonly budget: string
}

/** `p50 1.2 · p99 3.4 · max 5.6 ms (n 50)` */
export function spread(samples: readonly number[], unit = 'ms'): string {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(2)
  return `p50 ${at(0.5)} · p99 ${at(0.99)} · max ${at(1)} ${unit} (n ${sorted.length})`
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
  const opened = await Desk.open({
    home,
    feed: 'simulated',
    tapes: [],
    slots: undefined,
    seed: 7,
    speed: undefined,
    from: undefined,
    forMs: undefined,
    clock: new DeskClock(systemClock),
    strict: true,
    ...part,
  })
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}
