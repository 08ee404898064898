/**
 * Script that runs the built preload in a page before anything of the page's own. As in Electron, the page sees what
 * the bridge exposes and nothing else, and every value that crosses is cloned.
 */
export function preloadScript(source: string): string {
  return `(() => {
  if (window.top !== window) return
  const invoke = window.__standInInvoke
  const strict = (name, target) => new Proxy(target, {
    get(of, key) {
      if (!(key in of)) throw new Error(name + '.' + String(key) + ' is not in the stand-in for Electron')
      return of[key]
    },
  })
  const listeners = new Map()
  const ipcRenderer = strict('ipcRenderer', {
    async invoke(channel, ...args) {
      const answer = await invoke(channel, structuredClone(args))
      if (!answer.ok) throw new Error(answer.value)
      return structuredClone(answer.value)
    },
    on(channel, listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
      return ipcRenderer
    },
    removeListener(channel, listener) {
      listeners.set(channel, (listeners.get(channel) ?? []).filter((one) => one !== listener))
      return ipcRenderer
    },
  })
  // What crosses the bridge is cloned; functions become proxies whose arguments and results are cloned in turn.
  const cross = (value) => {
    if (typeof value === 'function') return (...args) => cross(value(...args.map(cross)))
    if (value instanceof Promise) return value.then(cross)
    if (value === null || typeof value !== 'object') return value
    if (Object.values(value).some((one) => typeof one === 'function')) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, cross(one)]))
    }
    return structuredClone(value)
  }
  const contextBridge = strict('contextBridge', {
    exposeInMainWorld(name, api) {
      if (name in window) throw new Error('Cannot bind an API on top of an existing property on the window object')
      Object.defineProperty(window, name, { value: Object.freeze(cross(api)), enumerable: true })
    },
  })
  const electron = strict('electron', { contextBridge, ipcRenderer })
  const require = (name) => {
    if (name !== 'electron') throw new Error('a sandboxed preload cannot require ' + name)
    return electron
  }
  Object.defineProperty(window, '__standInReceive', {
    value: (messages) => {
      for (const { channel, args } of messages) {
        for (const listener of listeners.get(channel) ?? []) listener(strict('event', {}), ...structuredClone(args))
      }
    },
  })
  const module = { exports: {} }
  ;(function (require, module, exports) {
${source}
  })(require, module, module.exports)
})()`
}
