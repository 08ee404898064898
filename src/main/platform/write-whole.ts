import writeFileAtomic from 'write-file-atomic'

/** Temporary file, fsync, rename: a reader sees the old text or the new, never half of one. */
export function writeWhole(path: string, text: string | Buffer): void {
  writeFileAtomic.sync(path, text, { mode: 0o600, fsync: true })
}
