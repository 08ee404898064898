import type { BrowserServices } from './browser-services.ts'
import type { Schedule } from './frame.ts'
import type { SocketEnvironment } from './socket-client.ts'

/** Runs before the next paint; in a hidden window, which is not painted, after 250 ms, so that queues stay short. */
const nextFrame: Schedule = (run) => {
  if (document.visibilityState === 'hidden') {
    window.setTimeout(run, 250)
    return
  }
  window.requestAnimationFrame(run)
}

function after(delayMs: number, run: () => void): () => void {
  const timer = window.setTimeout(run, delayMs)
  return () => window.clearTimeout(timer)
}

export const BROWSER: BrowserServices = {
  notifySystem: (text) => {
    // Granted in a desktop window; in a browser only after the user has allowed it.
    if ('Notification' in window && Notification.permission === 'granted') new Notification('Baton', { body: text })
  },
  signOut:
    window.baton !== undefined
      ? null
      : async (all) => {
          const headers = { 'content-type': 'application/json' }
          const request = {
            method: 'POST',
            headers,
            body: JSON.stringify({ all }),
            credentials: 'same-origin',
          } as const
          const answer = await fetch(new URL('/api/sign-out', window.location.href), request)
          if (!answer.ok) throw new Error(`the desk answered with status ${answer.status}`)
        },
  memory: {
    get: (name) => window.localStorage.getItem(`baton.${name}`),
    set: (name, value) => window.localStorage.setItem(`baton.${name}`, value),
  },
  schedule: nextFrame,
  monotonic: () => performance.now(),
  after,
  every(periodMs, run) {
    const timer = window.setInterval(run, periodMs)
    return () => window.clearInterval(timer)
  },
}

/** A socket at `/ws` of the page's origin, and a plain request that tells a rejected sign-in from a desk that is down. */
export function browserEnvironment(): SocketEnvironment {
  return {
    open() {
      const url = new URL('/ws', window.location.href)
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
      return new WebSocket(url)
    },
    async probe() {
      try {
        const answer = await fetch(new URL('/api/status', window.location.href), { credentials: 'same-origin' })
        return answer.status
      } catch {
        return null
      }
    },
    after,
  }
}
