import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { err, messageOf, ok, type Result } from '../../shared/domain/base.ts'

/** Size at which a new file is started, bytes. */
const FILE_BYTES = 16e6

/**
 * Frames of a venue as they came, one JSON line each, in gzip files (`zcat FILE`) below a folder of their own. They
 * are for looking into what a venue sent; nothing is replayed from them.
 */
export class RawFiles {
  private readonly folder: string
  private readonly name: string
  private readonly maxBytes: number
  private file = 0
  private length = Number.POSITIVE_INFINITY

  /** @param name of this recording's files; they sort by it */
  constructor(folder: string, name: string, maxBytes: number) {
    this.folder = folder
    this.name = name
    this.maxBytes = maxBytes
  }

  /** Appends whole lines; an error leaves what is there as it was, but for half a piece at the end. */
  append(lines: Uint8Array): Result<void> {
    try {
      if (this.length > Math.min(FILE_BYTES, this.maxBytes / 4)) this.next()
      const packed = gzipSync(lines, { level: 1 })
      appendFileSync(this.path(), packed)
      this.length += packed.length
      return ok(undefined)
    } catch (error) {
      return err(messageOf(error))
    }
  }

  private path(): string {
    return join(this.folder, `${this.name}-${String(this.file).padStart(5, '0')}.jsonl.gz`)
  }

  /** Starts another file and removes the oldest ones beyond the limit. */
  private next(): void {
    mkdirSync(this.folder, { recursive: true })
    const room = this.maxBytes - Math.min(FILE_BYTES, this.maxBytes / 4)
    const files = readdirSync(this.folder)
      .map((name) => ({ path: join(this.folder, name), ...statSync(join(this.folder, name)) }))
      .sort((a, b) => b.mtimeMs - a.mtimeMs || (a.path < b.path ? 1 : -1))
    let kept = 0
    for (const { path, size } of files) {
      kept += size
      if (kept > room) rmSync(path, { force: true })
    }
    this.file++
    this.length = 0
  }
}
