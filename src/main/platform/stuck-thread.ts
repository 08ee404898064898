import { Session } from 'node:inspector'
import type { Worker } from 'node:worker_threads'
import { z } from 'zod'
import type { Clock } from '../../shared/domain/feed.ts'

/** How long a thread is asked for its processor time. */
const ASK_MS = 1_000

/**
 * Processor time that a thread has had since it started, in milliseconds; a thread that loops for ever answers, too.
 * @returns null where it cannot be told
 */
export async function computedMs(worker: Worker, clock: Clock): Promise<number | null> {
  const usage = await within(
    clock,
    ASK_MS,
    Promise.resolve().then(() => worker.cpuUsage()),
  )
  return usage === null ? null : (usage.user + usage.system) / 1_000
}

/** Frames of the calling script that are asked, innermost first. */
const CALLERS = 2

/** A place in a script, both from 1. */
export interface ScriptPlace {
  readonly line: number
  readonly column: number
  /** What the expression asked for came to, where a frame knows its names. */
  readonly about: string | null
}

const messageSchema = z.object({
  method: z.string().optional(),
  id: z.number().optional(),
  result: z.object({ result: z.object({ type: z.string(), value: z.unknown() }).optional() }).optional(),
  params: z
    .object({
      scriptId: z.string().optional(),
      url: z.string().optional(),
      callFrames: z
        .array(
          z.object({
            callFrameId: z.string(),
            location: z.object({ scriptId: z.string(), lineNumber: z.number(), columnNumber: z.number().default(0) }),
          }),
        )
        .optional(),
    })
    .optional(),
})

/**
 * Pauses a thread that does not answer, and says where in a script it is. The thread goes on afterwards: whoever asked is
 * about to end it.
 * @param script file name that the script was run with
 * @param about expression that names what it was at, evaluated in the frames of a script that called it
 * @param limitMs how long it may take to find out
 * @returns null where it is not in that script, or cannot be asked
 */
export async function placeInScript(
  worker: Worker,
  clock: Clock,
  script: string,
  about: { readonly script: string; readonly expression: string },
  limitMs: number,
): Promise<ScriptPlace | null> {
  const session = new Session()
  session.connect()
  let threadSession: string | null = null
  let nextId = 1
  const tell = (method: string, params: object = {}): number => {
    const id = nextId++
    const message = JSON.stringify({ id, method, params })
    session.post('NodeWorker.sendMessageToWorker', { sessionId: threadSession ?? '', message })
    return id
  }
  const scripts = new Map<string, string>()
  const isOf = (scriptId: string, name: string) => scripts.get(scriptId)?.endsWith(name) === true
  const asked = new Map<number, (value: unknown) => void>()
  const evaluate = (callFrameId: string): Promise<unknown> =>
    new Promise((resolve) => {
      const params = { callFrameId, expression: about.expression, returnByValue: true, silent: true }
      asked.set(tell('Debugger.evaluateOnCallFrame', params), resolve)
    })
  const found = new Promise<ScriptPlace | null>((resolve) => {
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      // The id counts attachments; the thread's own number stands in the title alone.
      if (!params.workerInfo.title.startsWith(`[worker ${worker.threadId}]`)) return
      threadSession = params.sessionId
      tell('Debugger.enable')
      tell('Debugger.pause')
    })
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId !== threadSession) return
      const message = messageSchema.safeParse(JSON.parse(params.message))
      if (!message.success) return
      const { id, method, result, params: of } = message.data
      if (id !== undefined) asked.get(id)?.(result?.result?.value)
      if (method === 'Debugger.scriptParsed') scripts.set(of?.scriptId ?? '', of?.url ?? '')
      if (method !== 'Debugger.paused') return
      const frames = of?.callFrames ?? []
      const at = frames.findIndex(({ location }) => isOf(location.scriptId, script))
      const own = frames[at]
      if (own === undefined) return resolve(null)
      const { lineNumber, columnNumber } = own.location
      const place = { line: lineNumber + 1, column: columnNumber + 1 }
      const callers = frames.slice(at).filter(({ location }) => isOf(location.scriptId, about.script))
      void firstText(
        callers.slice(0, CALLERS).map(({ callFrameId }) => callFrameId),
        evaluate,
      ).then((text) => resolve({ ...place, about: text }))
    })
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false }, (error) => {
      if (error !== null) resolve(null)
    })
  })
  try {
    return await within(clock, limitMs, found)
  } finally {
    // A thread that stays paused could never be ended.
    if (threadSession !== null) tell('Debugger.resume')
    session.post('NodeWorker.disable')
    session.disconnect()
  }
}

async function firstText(frames: readonly string[], ask: (frame: string) => Promise<unknown>): Promise<string | null> {
  for (const frame of frames) {
    const value = await ask(frame)
    if (typeof value === 'string') return value
  }
  return null
}

async function within<T>(clock: Clock, limitMs: number, promise: Promise<T>): Promise<T | null> {
  let cancel = () => {}
  const late = new Promise<null>((resolve) => {
    cancel = clock.after(limitMs, () => resolve(null))
  })
  try {
    return await Promise.race([promise, late])
  } catch {
    return null
  } finally {
    cancel()
  }
}
