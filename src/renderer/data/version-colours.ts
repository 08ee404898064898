import { COLOURS } from '../ui/version-style.ts'
import type { BrowserServices } from './browser-services.ts'
import type { DeskStores } from './stores.ts'

const VERSION_COLOURS = 'versionColours'

/** Colour indices by version hash as an earlier window stored them; an unreadable text counts as empty. */
function parseColours(text: string | null): Readonly<Record<string, number>> {
  try {
    const parsed: unknown = JSON.parse(text ?? '{}')
    const entries = Object.entries(typeof parsed === 'object' && parsed !== null ? parsed : {})
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isInteger(entry[1])))
  } catch {
    return {}
  }
}

/**
 * Restores the stored colours of versions.
 * @returns assigns a colour to every version of the desk and stores the assignment
 */
export function createColourAssigner({ desk, ui }: DeskStores, memory: BrowserServices['memory']): () => void {
  COLOURS.restore(parseColours(memory.get(VERSION_COLOURS)))
  return () => {
    const { versions } = desk.getState()
    const oldestFirst = versions.toSorted(
      (a, b) => (a.firstLiveAt ?? Number.MAX_VALUE) - (b.firstLiveAt ?? Number.MAX_VALUE) || a.number - b.number,
    )
    if (COLOURS.update(oldestFirst)) ui.setState((state) => ({ colourRevision: state.colourRevision + 1 }))
    memory.set(VERSION_COLOURS, JSON.stringify(COLOURS.remembered()))
  }
}
