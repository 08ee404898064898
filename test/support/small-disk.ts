import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file system of its own that a test can fill; throws where none may be mounted, because nothing else shows the same. */
export class SmallDisk {
  readonly path: string
  private readonly filler: string

  constructor(path: string, size: string) {
    this.path = path
    this.filler = join(path, 'filler')
    mkdirSync(path, { recursive: true })
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path])
    if (status !== 0)
      throw new Error(
        `this test fills a file system of its own, and none may be mounted here (run it as root): ${stderr}`,
      )
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path)
    return bavail * bsize
  }

  /** Takes all room but this much. */
  fill(left = 0): void {
    writeFileSync(this.filler, Buffer.alloc(this.freeBytes - left), { flag: 'a' })
  }

  makeRoom(): void {
    rmSync(this.filler)
  }

  remove(): void {
    spawnSync('umount', ['-l', this.path])
  }
}
