import { useEffect } from 'react'
import {
  backToLive,
  kill,
  reloadCandidate,
  showDifferences,
  toggleFreeze,
  togglePause,
  candidateToReload,
} from '../../data/actions.ts'
import { useDeskModel } from '../../data/hooks.ts'
import type { DeskModel } from '../../data/desk-model.ts'
import { TABS } from '../../data/ui-store.ts'

/** A letter by itself is a command on the top bar and the slots alone: anywhere else somebody may be typing. */
function isCommandPlace(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[data-testid="top-bar"], [data-testid="slots"]') !== null
}

function save(model: DeskModel): void {
  const { active } = model.files.getState()
  if (active !== null) void model.save(active)
}

/** Reloads the candidate that waits to be named; without one the chord is the editor's. */
function reload(model: DeskModel, repeated: boolean): boolean {
  const candidate = candidateToReload(model.desk.getState().deployments, model.ui.getState().deployment)
  if (candidate === null) return false
  if (!repeated) reloadCandidate(model, candidate)
  return true
}

/** Chords that work everywhere, also inside the editor. True when the key was one. */
function chord(model: DeskModel, event: KeyboardEvent): boolean {
  if (event.key === 'Escape' && event.shiftKey) {
    if (!event.repeat) kill(model)
    return true
  }
  const command = event.ctrlKey || event.metaKey
  const key = event.key.toLowerCase()
  if (command && !event.shiftKey && !event.altKey && key === 'k') {
    model.ui.setState((state) => ({ paletteOpen: !state.paletteOpen }))
    return true
  }
  if (command && !event.shiftKey && !event.altKey && key === 's') {
    if (!event.repeat) save(model)
    return true
  }
  if (command && event.shiftKey && !event.altKey && event.key === 'Enter') return reload(model, event.repeat)
  if (event.key === 'F6') {
    nextStop(event.shiftKey)
    return true
  }
  const tab = event.altKey && !command ? TABS[Number(event.code.replace('Digit', '')) - 1] : undefined
  if (tab !== undefined && event.code.startsWith('Digit')) {
    model.ui.setState({ tab })
    return true
  }
  return false
}

/** Where F6 stops, in the order of reading. */
const STOPS = [
  '[data-testid="top-bar"] button:not(:disabled)',
  '.slot[aria-selected="true"]',
  '.tab[data-state="active"]',
  '.tab-content[data-state="active"] .native-edit-context, .tab-content[data-state="active"] :is(textarea, select, .choosable)',
  '[data-testid="deployments"] button',
  '[data-testid="versions"] button',
]

/** Moves focus to the next part of the desk, also out of the editor, in which Tab is a character. */
function nextStop(backwards: boolean): void {
  const stops = STOPS.flatMap((selector) => document.querySelector<HTMLElement>(selector) ?? [])
  const part = (element: Element | null): Element | null =>
    element?.closest('[data-testid="top-bar"], .slots, .tab-bar, .tab-content, .deployments, .versions') ?? null
  const at = stops.findIndex((stop) => part(stop) === part(document.activeElement))
  const count = stops.length
  if (count === 0) return
  const next = at < 0 ? 0 : (at + (backwards ? count - 1 : 1)) % count
  stops[next]?.focus()
}

/** Closes the comparison, also from inside its editor; in the editor's own search box Escape closes that. */
function closeCompare(model: DeskModel, event: KeyboardEvent): boolean {
  const { compare, paletteOpen, ask, aboutOpen } = model.ui.getState()
  if (event.key !== 'Escape' || compare === null || paletteOpen || ask !== null || aboutOpen) return false
  if (event.target instanceof Element && event.target.closest('.find-widget') !== null) return false
  model.ui.setState({ compare: null })
  return true
}

/** Escape leaves a replay or a moment of the past; where it closes something smaller, that comes first. */
function leaveThePast(model: DeskModel, event: KeyboardEvent): boolean {
  const { paletteOpen, ask, aboutOpen } = model.ui.getState()
  if (event.key !== 'Escape' || paletteOpen || ask !== null || aboutOpen) return false
  if (event.target instanceof Element && event.target.closest('.monaco-editor') !== null) return false
  return backToLive(model)
}

/** Keys of one letter, where they are on and the focus is in their place. True when the key was one. */
function single(model: DeskModel, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return false
  if (!model.ui.getState().singleKeys || !isCommandPlace(event.target)) return false
  switch (event.key.toLowerCase()) {
    case 'f':
      toggleFreeze(model)
      return true
    case 'p':
      togglePause(model)
      return true
    case 'd':
      showDifferences(model)
      return true
    case 'm': {
      const { slot, frame } = model.chart.getState()
      if (slot === null) return false
      model.showChart(slot, frame === '1m' ? (slot.endsWith('-15m') ? '15m' : '5m') : '1m')
      return true
    }
    default:
      return false
  }
}

/** The keyboard of the desk. Listens before the editor does, so that the chords are the same everywhere. */
export function Keys() {
  const model = useDeskModel()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const mine =
        chord(model, event) || closeCompare(model, event) || leaveThePast(model, event) || single(model, event)
      if (!mine) return
      event.preventDefault()
      event.stopPropagation()
    }
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [model])
  return null
}
