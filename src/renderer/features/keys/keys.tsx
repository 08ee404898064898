import { useEffect } from 'react'
import {
  backToLive,
  candidateToReload,
  kill,
  reloadCandidate,
  showDifferences,
  toggleFreeze,
  togglePause,
} from '../../data/actions.ts'
import type { DeskModel } from '../../data/desk-model.ts'
import { useDeskModel } from '../../data/hooks.ts'
import { TABS } from '../../data/ui-store.ts'

/** Single-letter keys act only on the top bar and the slots; elsewhere the user may be typing. */
function acceptsSingleKeys(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[data-testid="top-bar"], [data-testid="slots"]') !== null
}

function save(model: DeskModel): void {
  const { active } = model.files.getState()
  if (active !== null) void model.save(active)
}

/** Reloads the waiting candidate. @returns false without one: the editor handles the chord */
function reload(model: DeskModel, isRepeat: boolean): boolean {
  const candidate = candidateToReload(model.desk.getState().deployments, model.ui.getState().deployment)
  if (candidate === null) return false
  if (!isRepeat) reloadCandidate(model, candidate)
  return true
}

/** Chords that work everywhere, also inside the editor. @returns whether the key was handled */
function handleChord(model: DeskModel, event: KeyboardEvent): boolean {
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
    focusNextPart(event.shiftKey)
    return true
  }
  const tab = event.altKey && !command ? TABS[Number(event.code.replace('Digit', '')) - 1] : undefined
  if (tab !== undefined && event.code.startsWith('Digit')) {
    model.ui.setState({ tab })
    return true
  }
  return false
}

/** Elements that F6 focuses, in reading order. */
const FOCUS_STOPS = [
  '[data-testid="top-bar"] button:not(:disabled)',
  '.slot[aria-selected="true"]',
  '.tab[data-state="active"]',
  '.tab-content[data-state="active"] .native-edit-context, .tab-content[data-state="active"] :is(textarea, select, .choosable)',
  '[data-testid="deployments"] button',
  '[data-testid="versions"] button',
]

/** Moves the focus to the next part of the window, also out of the editor, where Tab types a character. */
function focusNextPart(backwards: boolean): void {
  const stops = FOCUS_STOPS.flatMap((selector) => document.querySelector<HTMLElement>(selector) ?? [])
  const part = (element: Element | null): Element | null =>
    element?.closest('[data-testid="top-bar"], .slots, .tab-bar, .tab-content, .deployments, .versions') ?? null
  const at = stops.findIndex((stop) => part(stop) === part(document.activeElement))
  const count = stops.length
  if (count === 0) return
  const next = at < 0 ? 0 : (at + (backwards ? count - 1 : 1)) % count
  stops[next]?.focus()
}

/** Escape closes the comparison, except in the editor's search box, which it closes instead. */
function closeCompare(model: DeskModel, event: KeyboardEvent): boolean {
  const { compare, paletteOpen, dialog, aboutOpen } = model.ui.getState()
  if (event.key !== 'Escape' || compare === null || paletteOpen || dialog !== null || aboutOpen) return false
  if (event.target instanceof Element && event.target.closest('.find-widget') !== null) return false
  model.ui.setState({ compare: null })
  return true
}

/** Escape shows the live chart again, unless it closes a dialog or something in the editor. */
function showLiveChart(model: DeskModel, event: KeyboardEvent): boolean {
  const { paletteOpen, dialog, aboutOpen } = model.ui.getState()
  if (event.key !== 'Escape' || paletteOpen || dialog !== null || aboutOpen) return false
  if (event.target instanceof Element && event.target.closest('.monaco-editor') !== null) return false
  return backToLive(model)
}

/** Single-letter keys. @returns whether the key was handled */
function handleSingleKey(model: DeskModel, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return false
  if (!model.ui.getState().singleKeys || !acceptsSingleKeys(event.target)) return false
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

/** Keyboard shortcuts. Listens in the capture phase, so that chords work inside the editor, too. */
export function Keys() {
  const model = useDeskModel()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isHandled =
        handleChord(model, event) ||
        closeCompare(model, event) ||
        showLiveChart(model, event) ||
        handleSingleKey(model, event)
      if (!isHandled) return
      event.preventDefault()
      event.stopPropagation()
    }
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [model])
  return null
}
