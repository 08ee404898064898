import { createHash } from 'node:crypto'
import type { SlotState } from '../../engine/slot-state.ts'
import type { SlotDecision } from '../../engine/views/view-types.ts'

/**
 * sha256 over every decision: moment, version, slot, why, and what was intended. Holding on for the reason it held for
 * before is only counted, slot by slot: hashing must not be what a replay spends its time on.
 */
export class DecisionHash {
  private readonly hash = createHash('sha256')
  /** Text not yet in the hash: giving it over in pieces this small would cost more than making it. */
  private pending = ''
  /** Moment and version of the last line: each is said where it becomes another. */
  private readonly head = { ts: 0, version: '' }
  private readonly slots: { readonly id: string; version: string; why: string }[] = []
  /** How often each slot's last line held. */
  private readonly counts: number[] = []

  /** @param intents as the schema read them */
  add(ts: number, version: string, slot: SlotState, why: string, intents: SlotDecision['intents']): void {
    const seen = this.slots[slot.index]
    if (seen !== undefined && intents.length === 0 && seen.why === why && seen.version === version) {
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
    if (seen === undefined) {
      this.slots[slot.index] = { id: slot.id, version, why }
      this.pending += line
    } else {
      this.pending += `${this.counts[slot.index]};${line}`
      seen.version = version
      seen.why = why
    }
    this.counts[slot.index] = 1
    if (this.pending.length > 32_768) this.spill()
  }

  /** The last decision once more, of each slot whose index stands in `turn` from `from` to before `end`. */
  again(turn: Int32Array, from: number, end: number): void {
    const { counts } = this
    for (let i = from; i < end; i++) {
      const slot = turn[i] ?? 0
      counts[slot] = (counts[slot] ?? 0) + 1
    }
  }

  private spill(): void {
    this.hash.update(this.pending)
    this.pending = ''
  }

  /** Hash of everything so far; more may be added. */
  hex(): string {
    this.spill()
    const whole = this.hash.copy()
    const held = this.slots.flatMap(({ id }, index) => [{ id, count: this.counts[index] }])
    for (const { id, count } of held.toSorted((a, b) => (a.id < b.id ? -1 : 1))) whole.update(`${id} ${count};`)
    return whole.digest('hex')
  }
}
