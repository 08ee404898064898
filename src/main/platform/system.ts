import { createHash, randomBytes } from 'node:crypto'
import { uptime } from 'node:os'
import type { Disposer } from '../../shared/domain/base.ts'
import { SECOND, unixMs } from '../../shared/domain/time.ts'
import type { TimeSource } from './desk-clock.ts'

/** The real clock: the one place that reads it. */
export const systemClock: TimeSource = {
  now: () => unixMs(Date.now()),
  monotonic: () => performance.now(),
  uptime: () => uptime() * SECOND,
  after: (delayMs, run): Disposer => {
    if (delayMs <= 0) {
      const soon = setImmediate(run)
      return () => clearImmediate(soon)
    }
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Uniform in [0, 1): for jitter, never for anything a replay must repeat. */
export function systemRandom(): number {
  return Math.random()
}

/** A new unguessable token, 32 bytes in URL-safe text. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Short random id with a readable prefix. */
export function newId(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`
}

export function sha256(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}
