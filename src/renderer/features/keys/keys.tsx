import { useEffect } from 'react'
import { kill, toggleFreeze, togglePause } from '../../data/actions.ts'
import { useSession } from '../../data/hooks.ts'
import type { Session } from '../../data/session.ts'
import { TABS } from '../../data/ui-store.ts'

/** True where a letter is text, not a command. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false
  return target.closest('input, textarea, select, [contenteditable="true"], .monaco-editor, [role="dialog"]') !== null
}

function save(session: Session): void {
  const { active } = session.files.getState()
  if (active !== null) void session.save(active)
}

/** Chords that work everywhere, also inside the editor. True when the key was one. */
function chord(session: Session, event: KeyboardEvent): boolean {
  if (event.key === 'Escape' && event.shiftKey) {
    if (!event.repeat) kill(session)
    return true
  }
  const command = event.ctrlKey || event.metaKey
  const key = event.key.toLowerCase()
  if (command && !event.shiftKey && !event.altKey && key === 'k') {
    session.ui.setState((state) => ({ paletteOpen: !state.paletteOpen }))
    return true
  }
  if (command && !event.shiftKey && !event.altKey && key === 's') {
    if (!event.repeat) save(session)
    return true
  }
  const tab = event.altKey && !command ? TABS[Number(event.code.replace('Digit', '')) - 1] : undefined
  if (tab !== undefined && event.code.startsWith('Digit')) {
    session.ui.setState({ tab })
    return true
  }
  return false
}

/** Single keys, outside of anything one types into. True when the key was one. */
function single(session: Session, event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return false
  switch (event.key.toLowerCase()) {
    case 'f':
      toggleFreeze(session)
      return true
    case 'p':
      togglePause(session)
      return true
    case 'm': {
      const { slot, frame } = session.chart.getState()
      if (slot === null) return false
      session.showChart(slot, frame === '1m' ? (slot.endsWith('-15m') ? '15m' : '5m') : '1m')
      return true
    }
    case 'escape':
      if (session.ui.getState().compare === null) return false
      session.ui.setState({ compare: null })
      return true
    default:
      return false
  }
}

/** The keyboard of the desk. Listens before the editor does, so that the chords are the same everywhere. */
export function Keys() {
  const session = useSession()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (!chord(session, event) && !single(session, event)) return
      event.preventDefault()
      event.stopPropagation()
    }
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [session])
  return null
}
