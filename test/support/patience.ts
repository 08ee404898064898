import { createHash } from 'node:crypto'
import { cpus, loadavg } from 'node:os'

/** Milliseconds that the work below takes on an idle machine on which every wait is long enough. */
const USUAL_MS = 40
const MOST = 4

function measured(): number {
  const started = performance.now()
  const block = Buffer.alloc(1 << 20, 7)
  const hash = createHash('sha256')
  for (let i = 0; i < 32; i++) hash.update(block)
  hash.digest()
  return (performance.now() - started) / USUAL_MS
}

const SPEED = measured()

/** How many times as long as usual something may take on this machine now: by its speed, and by how busy it is. */
export function patience(): number {
  const [load = 0] = loadavg()
  return Math.min(MOST, Math.max(1, SPEED, load / Math.max(1, cpus().length)))
}
