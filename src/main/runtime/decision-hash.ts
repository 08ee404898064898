import { createHash } from 'node:crypto'
import type { SlotState } from '../../engine/slot-state.ts'
import type { SlotDecision } from '../../engine/views/view-types.ts'

/**
 * sha256 over every decision: time, version, slot, reason and intents. Repeated decisions are only counted per slot, so that
 * hashing does not slow down replays.
 */
export class DecisionHash {
  private readonly hash = createHash('sha256')
  /** Text not yet hashed; collected, because hashing small pieces is slow. */
  private pending = ''
  /** Time and version of the last line; written only when they change. */
  private readonly head = { ts: 0, version: '' }
  private readonly slots: { readonly id: string; version: string; why: string }[] = []
  /** How often each slot's last line was repeated. */
  private readonly counts: number[] = []

  /** Adds a decision. @param intents as parsed by the schema */
  add(ts: number, version: string, slot: SlotState, why: string, intents: SlotDecision['intents']): void {
    const last = this.slots[slot.index]
    if (last !== undefined && intents.length === 0 && last.why === why && last.version === version) {
      this.counts[slot.index] = (this.counts[slot.index] ?? 0) + 1
      return
    }
    const { head } = this
    if (head.version !== version) {
      head.version = version
      this.pending += `${version}\n`
    }
    if (head.ts !== ts) {
      this.pending += `+${ts - head.ts}\n`
      head.ts = ts
    }
    const line = `${slot.id}|${why}|${intents.length === 0 ? '' : JSON.stringify(intents)}\n`
    if (last === undefined) {
      this.slots[slot.index] = { id: slot.id, version, why }
      this.pending += line
    } else {
      this.pending += `${this.counts[slot.index]};${line}`
      last.version = version
      last.why = why
    }
    this.counts[slot.index] = 1
    if (this.pending.length > 32_768) this.flushPending()
  }

  /** Repeats the last decision of the slots `indices[from]` to `indices[end - 1]`. */
  repeat(indices: Int32Array, from: number, end: number): void {
    const { counts } = this
    for (let i = from; i < end; i++) {
      const slot = indices[i] ?? 0
      counts[slot] = (counts[slot] ?? 0) + 1
    }
  }

  private flushPending(): void {
    this.hash.update(this.pending)
    this.pending = ''
  }

  /** Hash of all decisions so far; more may be added. */
  hex(): string {
    this.flushPending()
    const whole = this.hash.copy()
    const held = this.slots.flatMap(({ id }, index) => [{ id, count: this.counts[index] }])
    for (const { id, count } of held.toSorted((a, b) => (a.id < b.id ? -1 : 1))) whole.update(`${id} ${count};`)
    return whole.digest('hex')
  }
}
