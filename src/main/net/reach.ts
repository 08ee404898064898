import { ok, type Result } from '../../shared/domain/base.ts'
import type { Clock } from '../../shared/domain/feed.ts'
import { Connection } from './connection.ts'
import { HttpReader } from './http.ts'

/** A host that a start depends on. */
export interface Host {
  /** As people know it, such as `Polymarket's CLOB`. */
  readonly name: string
  /** Full address of a socket, or the base of a REST service without a trailing slash. */
  readonly url: string
  /** What is read from a REST service, as JSON; absent for a socket. */
  readonly path?: string
}

/** @returns why a host cannot be used, in words; null if it can */
export function reach({ url, path }: Host, clock: Clock, limitMs: number): Promise<string | null> {
  return path === undefined ? connect(url, clock, limitMs) : read(url, path, clock, limitMs)
}

/**
 * Asks every host once, all at the same time.
 * @param limitMs time limit of each
 * @returns what is wrong with each host that cannot be used, in words; empty if all can
 */
export async function unreachable(hosts: readonly Host[], clock: Clock, limitMs: number): Promise<string[]> {
  const answers = await Promise.all(
    hosts.map(async (host) => {
      const reason = await reach(host, clock, limitMs)
      return reason === null ? [] : [`${host.name} at ${host.url} did not answer: ${reason}`]
    }),
  )
  return answers.flat()
}

/** @returns null if the service answered with JSON */
async function read(baseUrl: string, path: string, clock: Clock, requestMs: number): Promise<string | null> {
  const reader = new HttpReader({ baseUrl, clock, requestMs })
  const answer: Result<unknown, { message: string }> = await reader.get(path, {}, (value) => ok(value))
  reader.stop()
  return answer.ok ? null : answer.error.message
}

/** @returns null if a connection could be opened; it is closed again */
function connect(url: string, clock: Clock, connectMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const connection: Connection = new Connection(
      { url, clock, connectMs, silenceMs: connectMs },
      {
        open: () => {
          connection.close()
          resolve(null)
        },
        text: () => {},
        end: resolve,
      },
    )
  })
}
