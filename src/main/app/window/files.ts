import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { err, messageOf, ok, type Result } from '../../../shared/domain/base.ts'
import { Signal } from '../../../shared/domain/signal.ts'
import type { FileEntry, FileText, WriteResult } from '../../../shared/ipc/files.ts'
import { sha256 } from '../../platform/system.ts'
import { writeWhole } from '../../platform/write-whole.ts'

const MAX_BYTES = 1024 * 1024

/** The strategies folder as windows see it: TypeScript files below it by real path, nothing else. */
export class StrategyFiles {
  /** Path of every file that was written here. */
  readonly written = new Signal<string>()
  private readonly root: string

  constructor(folder: string) {
    this.root = realpathSync(folder)
  }

  list(): FileEntry[] {
    return readdirSync(this.root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(this.root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .toSorted()
      .flatMap((path) => {
        const file = this.read(path)
        return file === null ? [] : [{ path, hash: file.hash, bytes: file.bytes }]
      })
  }

  read(path: string): FileText | null {
    const full = this.resolve(path)
    if (!full.ok || !existsSync(full.value)) return null
    const text = readFileSync(full.value, 'utf8')
    return { path, text, hash: sha256(text), bytes: Buffer.byteLength(text) }
  }

  /** Writes a whole file. Refused if `baseHash` is not the hash of the file as it is now, so that no other change is overwritten. */
  write(path: string, text: string, baseHash: string | null): WriteResult {
    const full = this.resolve(path)
    const current = this.read(path)
    const refuse = (error: string): WriteResult => ({ ok: false, error, currentHash: current?.hash ?? null })
    if (!full.ok) return refuse(full.error)
    if (Buffer.byteLength(text) > MAX_BYTES) return refuse(`${path} is larger than 1 MB`)
    if ((current?.hash ?? null) !== baseHash) {
      return refuse(
        current === null ? `${path} is no longer there` : `${path} was changed by someone else since it was opened`,
      )
    }
    try {
      writeWhole(full.value, text)
    } catch (error) {
      return refuse(`${path} was not written: ${messageOf(error)}`)
    }
    this.written.emit(path)
    return { ok: true, hash: sha256(text) }
  }

  private resolve(path: string): Result<string> {
    if (!/^[A-Za-z0-9_\-./]+\.ts$/.test(path) || path.split('/').includes('..'))
      return err(`${path} is not a strategy file: name it like snipe.ts, below the strategies folder`)
    const full = join(this.root, path)
    if (!existsSync(dirname(full))) return err(`the folder of ${path} is not there`)
    const real = existsSync(full) ? realpathSync(full) : join(realpathSync(dirname(full)), basename(full))
    return real.startsWith(this.root + sep) ? ok(real) : err(`${path} lies outside the strategies folder`)
  }
}
