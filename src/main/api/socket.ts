import type { WebSocket } from 'ws'
import { z } from 'zod'
import { messageOf } from '../../shared/domain/base.ts'
import { type CallName, isCallName, parseInput } from '../../shared/ipc/calls.ts'
import type { CallReply, ServerFrame } from '../../shared/ipc/connection.ts'
import { mayCommand, type Role } from './auth.ts'
import type { DeskPort } from './desk-port.ts'

const frameSchema = z.object({ t: z.literal('call'), id: z.number(), name: z.string(), input: z.unknown() })
/** A window that reads this much slower than the desk speaks is dropped; it takes a new snapshot when it is back. */
const MAX_BACKLOG = 8 * 1024 * 1024

/** One window on its socket. */
export function openSocket(socket: WebSocket, desk: DeskPort, role: Role): void {
  const send = (frame: ServerFrame) => {
    if (socket.bufferedAmount > MAX_BACKLOG) return socket.terminate()
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame))
  }
  const end = desk.subscribe((push) => send({ t: 'push', push }))
  socket.on('close', end)
  socket.on('error', end)
  socket.on('message', (data) => {
    void answer(desk, role, String(data)).then((frame) => {
      if (frame !== undefined) send(frame)
    })
  })
}

async function answer(desk: DeskPort, role: Role, text: string): Promise<ServerFrame | undefined> {
  const frame = frameSchema.safeParse(parseJson(text))
  if (!frame.success) return undefined
  const { id, name, input } = frame.data
  const result = await callDesk(desk, role, name, input)
  return result.ok ? { t: 'reply', id, value: result.value } : { t: 'failure', id, error: result.error }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Parses a call and answers it; the one way in for every window, socket or preload. */
export async function callDesk(desk: DeskPort, role: Role, name: string, input: unknown): Promise<CallReply> {
  if (!isCallName(name)) return { ok: false, error: `no such call: ${name}` }
  const parsed = parseInput(name, input)
  if (!parsed.ok) return parsed
  const refusal = callRefusal(role, name, parsed.value)
  if (refusal !== null) return { ok: false, error: refusal }
  try {
    return { ok: true, value: await desk.call(name, parsed.value, 'desk') }
  } catch (error) {
    return { ok: false, error: `${name} failed: ${messageOf(error)}` }
  }
}

function callRefusal(role: Role, name: CallName, input: unknown): string | null {
  if (role === 'window') return null
  if (name === 'files.write') return "editing needs the token of the desk's own window"
  const kind = typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined
  if (name === 'desk.command' && !mayCommand(role, kind))
    return `${String(kind)} needs the token of the desk's own window`
  return null
}
