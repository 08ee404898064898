import type { TapeEntry } from '../../shared/domain/replays.ts'
import type { SlotId } from '../../shared/domain/slots.ts'
import type { CallInput } from '../../shared/ipc/calls.ts'

/** Inputs of the form; they are kept while another tab is shown. */
export interface ReplayForm {
  readonly strategy: string | null
  readonly tape: string | null
  readonly slots: 'all' | 'one'
  readonly hours: string
  readonly params: string
}

export type ReplayField = keyof ReplayForm

export interface ReplayProblem {
  /** Null for a refusal of the desk. */
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

/** Parses params. @returns a string that says what is wrong; null for no params */
function readParams(text: string): Params | string | null {
  if (text.trim() === '') return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'Params are JSON, like {"minEdge": 0.02}, with names in double quotes.'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'Params are one JSON object, like {"minEdge": 0.02}.'
  }
  const params: Params = {}
  for (const [name, param] of Object.entries(value)) {
    if (typeof param !== 'number' && typeof param !== 'string' && typeof param !== 'boolean') {
      return `Param ${name} must be a number, a text, true or false.`
    }
    params[name] = param
  }
  return Object.keys(params).length === 0 ? null : params
}

/**
 * Validates the form; reports the first problem found.
 * @param slot slot on the chart
 */
export function requestOf(form: ReplayForm, tapes: readonly TapeEntry[], slot: SlotId | null): ReplayRequest {
  if (form.strategy === null) return refuse('strategy', 'Choose a strategy.')
  const tape = tapes.find((entry) => entry.id === form.tape)
  if (tape === undefined) return refuse('tape', 'Choose a tape.')
  if (form.slots === 'one') {
    if (slot === null) return refuse('slots', 'Choose a slot.')
    if (tape.slots.length > 0 && !tape.slots.includes(slot)) {
      return refuse('slots', `${slot} is not on this tape. Choose another slot or all of them.`)
    }
  }
  const hours = readHours(form.hours)
  if (hours === undefined) return refuse('hours', 'Hours must be a number above 0, or empty for the whole tape.')
  const params = readParams(form.params)
  if (typeof params === 'string') return refuse('params', params)
  const slots = form.slots === 'one' && slot !== null ? [slot] : null
  return { ok: true, input: { strategy: form.strategy, tape: tape.id, slots, hours, params } }
}
