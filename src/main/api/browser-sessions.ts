import type { WebSocket } from 'ws'
import type { Clock } from '../../shared/domain/feed.ts'
import { type BrowserRole, readBrowserSessions } from '../db/browser-sessions.ts'
import type { Journal } from '../db/journal.ts'
import { newToken, sha256 } from '../platform/system.ts'

/**
 * Browsers that signed in. Each gets a random token of its own, of which only a hash is stored: it outlives a restart of the
 * desk, until it is revoked. The token that it signed in with is not stored at all.
 */
export class BrowserSessions {
  private readonly journal: Journal
  private readonly clock: Clock
  /** Roles by the hashes of their tokens. */
  private readonly roles: Map<string, BrowserRole>
  /** Open sockets by the hash of their session. */
  private readonly sockets = new Map<string, Set<WebSocket>>()

  constructor(journal: Journal, clock: Clock) {
    this.journal = journal
    this.clock = clock
    this.roles = readBrowserSessions(journal.db)
  }

  /** @returns the token for the browser's cookie */
  begin(role: BrowserRole): string {
    const token = newToken()
    const hash = sha256(token)
    this.roles.set(hash, role)
    this.journal.write({ w: 'browserSession', hash, role, ts: this.clock.now() })
    return token
  }

  roleOf(token: string): BrowserRole | undefined {
    return this.roles.get(sha256(token))
  }

  /** Ends one session, or all of them; windows on them are disconnected. @returns how many there were */
  revoke(token: string | null): number {
    const hashes = token === null ? [...this.roles.keys()] : [sha256(token)].filter((hash) => this.roles.has(hash))
    for (const hash of hashes) {
      this.roles.delete(hash)
      this.journal.write({ w: 'revokeSession', hash, ts: this.clock.now() })
      for (const socket of this.sockets.get(hash) ?? []) socket.close(4001, 'signed out')
    }
    return hashes.length
  }

  /** Ties a socket to its session. */
  hold(token: string, socket: WebSocket): void {
    const hash = sha256(token)
    const held = this.sockets.get(hash) ?? new Set()
    this.sockets.set(hash, held)
    held.add(socket)
    socket.on('close', () => held.delete(socket))
  }
}
