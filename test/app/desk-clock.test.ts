import { describe, expect, test } from 'vitest'
import { DeskClock, type TimeNote } from '../../src/main/platform/desk-clock.ts'
import { HOUR, MINUTE, SECOND, unixMs } from '../../src/shared/domain/time.ts'

const LOOK_MS = 100

/** A machine whose three clocks are moved by hand, and a desk's clock that looks at them. */
class Machine {
  private readonly at = { wall: Date.UTC(2026, 0, 5), monotonic: 5_000, uptime: 1_000_000 }
  readonly clock = new DeskClock({
    now: () => unixMs(this.at.wall),
    monotonic: () => this.at.monotonic,
    uptime: () => this.at.uptime,
    after: () => () => {},
  })

  constructor() {
    this.clock.follow(0, 10)
    this.clock.look()
  }

  /** What passes for each clock without a look. */
  pass(wall: number, monotonic: number, uptime: number): void {
    this.at.wall += wall
    this.at.monotonic += monotonic
    this.at.uptime += uptime
  }

  /** Time passes as it should, with its looks. @returns what they said, and by how much the desk's time went on */
  run(ms: number): { readonly notes: readonly TimeNote[]; readonly wentOn: number } {
    const before = this.clock.now()
    const notes: TimeNote[] = []
    for (let passed = 0; passed < ms; passed += LOOK_MS) {
      this.pass(LOOK_MS, LOOK_MS, LOOK_MS)
      notes.push(...this.clock.look())
    }
    return { notes, wentOn: this.clock.now() - before }
  }
}

describe('A10: the desk’s clock', () => {
  test('does not follow a clock that is set while the process stands still', () => {
    const machine = new Machine()
    const before = machine.clock.now()
    machine.pass(12 * SECOND - 1_900, 12 * SECOND, 12 * SECOND)
    expect(machine.clock.look()).toEqual([
      { kind: 'stood-still', ms: 12 * SECOND },
      { kind: 'clock-set', byMs: -1_900 },
    ])
    expect(machine.clock.now() - before).toBe(12 * SECOND)
    expect(machine.run(SECOND)).toEqual({ notes: [], wentOn: SECOND })
    expect(machine.clock.skewMs).toBe(-1_900)
  })

  test('goes on by what the machine slept, whose length the uptime tells to a second, and calls that no step', () => {
    const machine = new Machine()
    const before = machine.clock.now()
    machine.pass(HOUR + 700, 0, HOUR)
    expect(machine.run(LOOK_MS).notes).toEqual([{ kind: 'stood-still', ms: HOUR + LOOK_MS }])
    expect(machine.clock.now() - before).toBe(HOUR + 700 + LOOK_MS)
    expect(machine.clock.skewMs).toBe(0)
    expect(machine.run(MINUTE)).toEqual({ notes: [], wentOn: MINUTE })
  })

  test('says a step that happened in a sleep', () => {
    const machine = new Machine()
    machine.pass(2 * HOUR, 0, HOUR)
    expect(machine.run(LOOK_MS).notes).toContainEqual({ kind: 'clock-set', byMs: HOUR })
  })

  test('makes a correction backwards by running slower, which is no step of the computer’s clock', () => {
    const machine = new Machine()
    machine.run(SECOND)
    machine.clock.follow(-400, 20)
    expect(machine.run(2 * SECOND)).toEqual({ notes: [], wentOn: 1_800 })
    expect(machine.run(4 * SECOND)).toEqual({ notes: [], wentOn: 3_800 })
    expect(machine.clock.skewMs).toBe(400)
    expect(machine.run(10 * SECOND)).toEqual({ notes: [], wentOn: 10 * SECOND })
  })

  test('says a step of the computer’s clock once, and goes on as before', () => {
    const machine = new Machine()
    machine.pass(-HOUR, 0, 0)
    expect(machine.run(MINUTE)).toEqual({ notes: [{ kind: 'clock-set', byMs: -HOUR }], wentOn: MINUTE })
  })
})
