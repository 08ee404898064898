import type { WebSocket } from 'ws'
import type { Clock } from '../../shared/domain/feed.ts'
import {
  addBrowserSession,
  type BrowserRole,
  browserSessionRole,
  revokeBrowserSessions,
} from '../db/browser-sessions.ts'
import type { Db } from '../db/database.ts'
import { newToken, sha256 } from '../platform/system.ts'

/**
 * Browsers that signed in. Each gets a random token of its own, of which only a hash is stored: it outlives a restart of the
 * desk, until it is revoked. The token that it signed in with is not stored at all.
 */
export class BrowserSessions {
  private readonly db: Db
  private readonly clock: Clock
  /** Open sockets by the hash of their session. */
  private readonly sockets = new Map<string, Set<WebSocket>>()

  constructor(db: Db, clock: Clock) {
    this.db = db
    this.clock = clock
  }

  /** @returns the token for the browser's cookie */
  begin(role: BrowserRole): string {
    const token = newToken()
    addBrowserSession(this.db, { hash: sha256(token), role, createdAt: this.clock.now() })
    return token
  }

  roleOf(token: string): BrowserRole | undefined {
    return browserSessionRole(this.db, sha256(token))
  }

  /** Ends one session, or all of them; windows on them are disconnected. @returns how many there were */
  revoke(token: string | null): number {
    const hash = token === null ? null : sha256(token)
    const count = revokeBrowserSessions(this.db, hash, this.clock.now())
    const ended = hash === null ? [...this.sockets.values()] : [this.sockets.get(hash) ?? new Set()]
    for (const sockets of ended) for (const socket of sockets) socket.close(4001, 'signed out')
    return count
  }

  /** A socket that goes with its session. */
  hold(token: string, socket: WebSocket): void {
    const hash = sha256(token)
    const held = this.sockets.get(hash) ?? new Set()
    this.sockets.set(hash, held)
    held.add(socket)
    socket.on('close', () => held.delete(socket))
  }
}
