import type { Schedule } from './frame.ts'
import type { BrowserServices } from './desk-model.ts'
import type { SocketEnvironment } from './socket-client.ts'

/**
 * The browser's schedule: an animation frame, or a quarter of a second where no frame comes because the window is
 * hidden, so that queues stay short there too.
 */
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

/** Time and frames as the browser has them. */
export const BROWSER: BrowserServices = {
  alarm: (text) => {
    // A desktop window may; a browser only once its user has allowed it.
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
          if (!answer.ok) throw new Error(`the desk answered ${answer.status}`)
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

/** A socket at `/ws` of the page's own origin, and a plain request to tell "signed out" from "away". */
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
