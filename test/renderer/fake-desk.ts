import { startDeskModel } from '../../src/renderer/data/desk-model.ts'
import type { CallInput, CallName, CallOutput } from '../../src/shared/ipc/calls.ts'
import type { DeskClient, DeskPush } from '../../src/shared/ipc/connection.ts'
import { snapshot } from './rows.ts'

type Connection = 'connecting' | 'connected' | 'lost'
type Answer = (input: unknown) => unknown

/** Lets every promise that is due be settled. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/** An answer that is given by hand, to see what happens while it is under way. */
export function later<T>() {
  const waiting: { resolve: (value: T) => void; reject: (error: Error) => void }[] = []
  return {
    answer: () => new Promise<T>((resolve, reject) => waiting.push({ resolve, reject })),
    /** Answers the oldest call that waits. */
    give: async (value: T) => {
      waiting.shift()?.resolve(value)
      await settled()
    },
    fail: async (message: string) => {
      waiting.shift()?.reject(new Error(message))
      await settled()
    },
  }
}

/** A desk, its connection and time, all moved by hand. `special` replaces what the desk answers to some calls. */
export function fakeDesk(
  special: Readonly<Partial<Record<CallName, Answer>>> = {},
  memory = new Map<string, string>(),
) {
  let now = 0
  let frame: (() => void)[] = []
  let timers: (() => void)[] = []
  const periodic: (() => void)[] = []
  const calls: { name: CallName; input: unknown }[] = []
  let push: (push: DeskPush) => void = () => {}
  let connection: (state: Connection) => void = () => {}
  const plain: Readonly<Record<CallName, unknown>> = {
    'desk.snapshot': snapshot(),
    'desk.command': { id: 'c', outcome: 'refused', message: 'no' },
    'chart.get': { slot: 'BTC-5m', frame: '1m', candles: [], marks: [], lines: [] },
    'trades.list': [],
    'attribution.records': [],
    'attribution.compare': null,
    'attribution.profit': { series: [], deployments: [], freezes: [] },
    'attribution.gauge': null,
    'orders.list': [],
    'files.list': [],
    'files.read': null,
    'files.write': null,
    'versions.source': null,
    'proof.diff': [],
    'tapes.list': [],
    'replay.start': { ok: false, error: 'no' },
    'replay.cancel': { ok: true },
    'replay.list': [],
    'replay.trades': [],
    'replay.chart': { slot: 'BTC-5m', frame: '1m', candles: [], marks: [], lines: [] },
    'editor.types': { text: '' },
  }
  const desk: DeskClient = {
    call: async <N extends CallName>(name: N, input: CallInput<N>) => {
      calls.push({ name, input })
      const answer = special[name]
      return (await (answer === undefined ? plain[name] : answer(input))) as CallOutput<N>
    },
    onPush: (listener) => {
      push = listener
      return () => {}
    },
    onConnection: (listener) => {
      connection = listener
      return () => {}
    },
  }
  const model = startDeskModel(desk, {
    memory: { get: (name) => memory.get(name) ?? null, set: (name, value) => memory.set(name, value) },
    alarm: () => {},
    signOut: null,
    schedule: (run) => frame.push(run),
    monotonic: () => now,
    after: (_delayMs, run) => {
      timers.push(run)
      return () => {}
    },
    every: (_periodMs, run) => {
      periodic.push(run)
      return () => {}
    },
  })
  return {
    model,
    calls,
    called: (name: CallName) => calls.filter((call) => call.name === name).map((call) => call.input),
    push: (one: DeskPush) => push(one),
    connect: async (state: Connection) => {
      connection(state)
      await settled()
    },
    paint: () => {
      const due = frame
      frame = []
      for (const run of due) run()
    },
    /** Everything that basis between two of a kind may run again. */
    rest: async () => {
      const due = timers
      timers = []
      for (const run of due) run()
      await settled()
    },
    pass: (ms: number) => {
      now += ms
      for (const run of periodic) run()
    },
  }
}
