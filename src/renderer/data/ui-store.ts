import { createStore, type StoreApi } from 'zustand/vanilla'
import type { CommandInput } from '../../shared/domain/commands.ts'

export const TABS = ['editor', 'replay', 'positions', 'orders', 'trades', 'log', 'attribution', 'differences'] as const
export type Tab = (typeof TABS)[number]

/** The dialog that is open, and the command it sends. */
export type DialogRequest =
  | { readonly kind: 'rearm' }
  | { readonly kind: 'assign'; readonly strategy: string }
  | {
      readonly kind: 'reason'
      readonly title: string
      readonly explain: string
      readonly action: string
      readonly command: (reason: string) => CommandInput
    }
  | {
      readonly kind: 'canary'
      readonly title: string
      readonly explain: string
      readonly strategy: string
      readonly command: (part: CanaryPart) => CommandInput
    }

/** Part of its strategy that a canary trades; without `slots` the desk chooses them. */
export interface CanaryPart {
  readonly as: 'canary'
  readonly slots?: string[]
  readonly stakePercent: number
}

/** Outcome of the last command, or an alarm of the desk. */
export interface Toast {
  readonly id: number
  readonly tone: 'done' | 'refused' | 'failed'
  readonly text: string
  /** Command that reverses it; absent where there is none. */
  readonly undo?: CommandInput | undefined
}

/** A stored version whose source is compared with the current files. */
export interface Compare {
  readonly hash: string
  readonly label: string
  readonly strategy: string
}

export interface UiState {
  readonly tab: Tab
  readonly paletteOpen: boolean
  readonly aboutOpen: boolean
  readonly dialog: DialogRequest | null
  readonly toast: Toast | null
  readonly compare: Compare | null
  /** Single-letter keys are on; they act while the focus is on the top bar or the slots. */
  readonly singleKeys: boolean
  /** Incremented when a version was given another colour. */
  readonly colourRevision: number
  /** Names of recently used palette commands, newest first. */
  readonly recentCommands: readonly string[]
  /** Deployment shown in full; null = the latest. */
  readonly deployment: string | null
}

export type UiStore = StoreApi<UiState>

export function createUiStore(singleKeys: boolean): UiStore {
  return createStore<UiState>(() => ({
    singleKeys,
    colourRevision: 0,
    recentCommands: [],
    tab: 'editor',
    paletteOpen: false,
    aboutOpen: false,
    dialog: null,
    toast: null,
    compare: null,
    deployment: null,
  }))
}
