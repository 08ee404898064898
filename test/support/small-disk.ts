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

  /** Takes all room but this much. */
  fill(left = 0): void {
    fillUp(this.path, this.filler, left)
  }

  makeRoom(): void {
    rmSync(this.filler)
  }

  remove(): void {
    spawnSync('umount', ['-l', this.path])
  }
}

/** Takes all room but this much of the file system that a folder is in. */
export function fillUp(folder: string, filler: string, left = 0): void {
  const { bavail, bsize } = statfsSync(folder)
  try {
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - left)), { flag: 'a' })
  } catch (error) {
    // Somebody else wrote meanwhile: it is as full as it was to be.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
