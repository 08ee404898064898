import { startDeskModel } from '../../src/renderer/data/desk-model.ts'
import { parseOutput } from '../../src/renderer/data/wire.ts'
import type { CallInput, CallName } from '../../src/shared/ipc/calls.ts'
import type { DeskClient, DeskPush } from '../../src/shared/ipc/connection.ts'
import { snapshot } from './rows.ts'

type Connection = 'connecting' | 'connected' | 'lost'
type Answer = (input: unknown) => unknown

/** Resolves once all pending promise callbacks have run. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/** An answer that the test resolves or rejects itself. */
export function deferred<T>() {
  const waiting: { resolve: (value: T) => void; reject: (error: Error) => void }[] = []
  return {
    answer: () => new Promise<T>((resolve, reject) => waiting.push({ resolve, reject })),
    /** Answers the oldest pending call. */
    resolve: async (value: T) => {
      waiting.shift()?.resolve(value)
      await settled()
    },
    reject: async (message: string) => {
      waiting.shift()?.reject(new Error(message))
      await settled()
    },
  }
}

/**
 * A desk model on a fake desk, whose connection, frames and time the test controls.
 * @param answers answers to some calls in place of the defaults
 */
export function fakeDesk(
  answers: Readonly<Partial<Record<CallName, Answer>>> = {},
  memory = new Map<string, string>(),
) {
  let now = 0
  let frame: (() => void)[] = []
  let timers: (() => void)[] = []
  const periodic: (() => void)[] = []
  const calls: { name: CallName; input: unknown }[] = []
  let push: (push: DeskPush) => void = () => {}
  let connection: (state: Connection) => void = () => {}
  const defaults: Readonly<Record<CallName, unknown>> = {
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
      const answer = answers[name]
      return parseOutput(name, await (answer === undefined ? defaults[name] : answer(input)))
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
    notifySystem: () => {},
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
    push: (sent: DeskPush) => push(sent),
    connect: async (state: Connection) => {
      connection(state)
      await settled()
    },
    renderFrame: () => {
      const due = frame
      frame = []
      for (const run of due) run()
    },
    /** Runs every timer that was set. */
    runTimers: async () => {
      const due = timers
      timers = []
      for (const run of due) run()
      await settled()
    },
    advance: (ms: number) => {
      now += ms
      for (const run of periodic) run()
    },
  }
}
