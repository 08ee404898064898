import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { homeAt } from '../../app/start/home.ts'
import { findTape } from '../../tape/library.ts'
import { UsageError } from '../output.ts'

export interface TapeFlags {
  readonly home?: string
  readonly json?: boolean
}

/** The home's tape folder. */
export function tapeFolder(flags: TapeFlags): string {
  return homeAt(flags.home, undefined).tape
}

/** The files of a tape named on the command line; a name that means nothing is the caller's to mend. */
export function filesOf(name: string, flags: TapeFlags): readonly string[] {
  const found = findTape(tapeFolder(flags), name)
  if (!found.ok) throw new UsageError(found.error)
  return found.value
}

/** The file itself, whichever links lead to it; what is not there keeps its name. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** Bytes for a person: `12.3 MB`. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
