import { timingSafeEqual } from 'node:crypto'
import { isPrivileged } from '../../shared/domain/commands.ts'

/** `window`: may edit, reload and re-arm. `remote`: reads, pauses, freezes and kills. */
export type Role = 'window' | 'remote'

/** Cookie name of a desk. It contains the port, since browsers send cookies to every port of a host. */
export const cookieName = (port: number) => `baton_session_${port}`

export interface Credentials {
  readonly windowToken: string
  readonly remoteToken: string
  /** Accepted Host headers: `127.0.0.1:4747` and `localhost:4747`. */
  readonly hosts: ReadonlySet<string>
}

interface Headers {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly authorization?: string | undefined
  readonly cookie?: string | undefined
}

function same(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The role a token gives; undefined for a wrong one. */
export function roleOf(token: string, credentials: Credentials): Role | undefined {
  if (same(token, credentials.windowToken)) return 'window'
  if (same(token, credentials.remoteToken)) return 'remote'
  return undefined
}

/** Why a request is refused for its host or origin; null when both are this desk's own. */
export function strangerRefusal(headers: Headers, credentials: Credentials): string | null {
  if (headers.host === undefined || !credentials.hosts.has(headers.host)) {
    return `host ${headers.host ?? '(none)'} is not this desk; use ${[...credentials.hosts][0]}`
  }
  if (headers.origin !== undefined && !credentials.hosts.has(headers.origin.replace(/^http:\/\//, ''))) {
    return `origin ${headers.origin} may not talk to this desk`
  }
  return null
}

/** Token of a request's bearer header. */
export function bearerOf(headers: Headers): string | undefined {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
}

/** A request's cookie by its name: the session that signing in began. */
export function cookieOf(headers: Headers, name: string): string | undefined {
  return (headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1)
}

/** Whether a role may give a command. */
export function mayCommand(role: Role, kind: unknown): boolean {
  return role === 'window' || typeof kind !== 'string' || !isPrivileged(kind)
}
