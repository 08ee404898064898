import type { Disposer } from './base.ts'

/** Notifies any number of listeners, in the order in which they subscribed. */
export class Signal<T> {
  private readonly listeners = new Set<(value: T) => void>()

  /** Subscribes a listener; the disposer ends it. */
  on(listener: (value: T) => void): Disposer {
    // A function of its own, so that one listener may subscribe twice.
    const own = (value: T) => listener(value)
    this.listeners.add(own)
    return () => {
      this.listeners.delete(own)
    }
  }

  emit(value: T): void {
    for (const listener of [...this.listeners]) listener(value)
  }
}
