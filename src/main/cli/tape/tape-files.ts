import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Market } from '../../../shared/domain/market.ts'
import { homeToRead } from '../../app/start/home.ts'
import { findTape } from '../../tape/library.ts'
import { UsageError } from '../output.ts'

export interface TapeFlags {
  readonly home?: string
  readonly market?: Market
  readonly json?: boolean
}

/** The home's tape folder. */
export function tapeFolder(flags: TapeFlags): string {
  return homeToRead(flags).tape
}

/** Files of a tape by path or name. @throws UsageError when there is none */
export function filesOf(name: string, flags: TapeFlags): readonly string[] {
  const found = findTape(tapeFolder(flags), name)
  if (!found.ok) throw new UsageError(found.error)
  return found.value
}

/** Path with links resolved; of a missing file, the absolute path. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** Size in a suitable unit: `12.3 MB`. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
