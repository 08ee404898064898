import type { TapeEntry } from '../../shared/domain/replays.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { CallInput } from '../../shared/ipc/calls.ts'

/** What was typed and chosen; it outlives the tab it is shown in. */
export interface ReplayForm {
  readonly strategy: string | null
  readonly tape: string | null
  readonly slots: 'all' | 'one'
  readonly hours: string
  readonly params: string
}

export type ReplayField = keyof ReplayForm

export interface ReplayProblem {
  /** Null when the desk said no. */
  readonly field: ReplayField | null
  readonly text: string
}

export type ReplayRequest =
  | { readonly ok: true; readonly input: CallInput<'replay.start'> }
  | { readonly ok: false; readonly problem: ReplayProblem }

type Params = Record<string, number | string | boolean>

function refuse(field: ReplayField, text: string): { readonly ok: false; readonly problem: ReplayProblem } {
  return { ok: false, problem: { field, text } }
}

function readHours(text: string): number | null | undefined {
  if (text.trim() === '') return null
  const hours = Number(text.trim().replace(',', '.'))
  return Number.isFinite(hours) && hours > 0 && hours <= 100_000 ? hours : undefined
}

/** The object that the text says, or a sentence about why it says none. */
function readParams(text: string): Params | string | null {
  if (text.trim() === '') return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'Params are JSON, like {"minEdge": 0.02}; names stand in double quotes.'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'Params are one JSON object, like {"minEdge": 0.02}.'
  }
  const params: Params = {}
  for (const [name, one] of Object.entries(value)) {
    if (typeof one !== 'number' && typeof one !== 'string' && typeof one !== 'boolean') {
      return `Param ${name} must be a number, a text, true or false.`
    }
    params[name] = one
  }
  return Object.keys(params).length === 0 ? null : params
}

/** Checks everything before it leaves the window, the first thing wrong first. `slot` is the one on the chart. */
export function requestOf(form: ReplayForm, tapes: readonly TapeEntry[], slot: SlotId | null): ReplayRequest {
  if (form.strategy === null) return refuse('strategy', 'Choose a strategy.')
  const tape = tapes.find((entry) => entry.id === form.tape)
  if (tape === undefined) return refuse('tape', 'Choose a tape.')
  if (form.slots === 'one') {
    if (slot === null) return refuse('slots', 'No slot is chosen.')
    if (tape.slots.length > 0 && !tape.slots.includes(slot)) {
      return refuse('slots', `${slot} is not on this tape. Choose another slot or all of them.`)
    }
  }
  const hours = readHours(form.hours)
  if (hours === undefined) return refuse('hours', 'Hours are a number above 0, or empty for the whole tape.')
  const params = readParams(form.params)
  if (typeof params === 'string') return refuse('params', params)
  const slots = form.slots === 'one' && slot !== null ? [slot] : null
  return { ok: true, input: { strategy: form.strategy, tape: tape.id, slots, hours, params } }
}
